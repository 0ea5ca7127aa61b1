import numpy as np
import pytest

from deltarule import Adaptive, Constant, Cosine, Exponential, InverseScaling, Plateau, Steps, UnknownName
from deltarule.descent.schedules import Run, schedule
from deltarule.errors import InputError

RUN = Run(learning_rate=0.8, epochs=10, steps_an_epoch=4, samples=100)


def warm(s):
    return 0.8 * (s + 1) / 4 if s < 4 else 0.8 * (0.75 + 0.25 * np.cos(np.pi * (s - 4) / 36))


@pytest.mark.parametrize(
    ("made", "rate"),
    [
        (Constant(), lambda s: 0.8),
        (InverseScaling(0.5), lambda s: 0.8 / (s + 1) ** 0.5),
        (InverseScaling(0.5, unit="sample"), lambda s: 0.8 / (s // 4 * 100 + 1) ** 0.5),
        (Steps(every=2, factor=0.1), lambda s: 0.8 * 0.1 ** (s // 4 // 2)),
        (Exponential(0.9), lambda s: 0.8 * 0.9 ** (s // 4)),
        (Cosine(), lambda s: 0.4 * (1 + np.cos(np.pi * s / 40))),
        (Cosine(warmup=0.1, floor=0.5), warm),
    ],
)  # fmt: skip
def test_rates_are_the_formula_at_every_step_from_wherever_asked(made, rate):
    follower = made.follow(RUN)
    expected = [rate(s) for s in range(40)]
    np.testing.assert_allclose(follower.rates(0, 40), expected, rtol=1e-13)
    np.testing.assert_allclose(follower.rates(17, 5), expected[17:22], rtol=1e-13)
    assert not follower.reactive


def test_plateau_lowers_the_rate_when_the_error_stops_falling():
    follower = Plateau(factor=0.5, patience=2, tolerance=0.01, lowest=0.3).follow(RUN)
    seen = []
    for error in [1.0, 0.5, 0.499, 0.4989, 0.4989, 0.4989, 0.3]:
        follower.epoch_end(error)
        seen.append(float(follower.rates(0, 1)[0]))
    assert seen == [0.8, 0.8, 0.8, 0.4, 0.4, 0.3, 0.3]


def test_plateau_leaves_a_rate_below_its_lowest_as_it_is():
    follower = Plateau(factor=0.1, patience=1, lowest=0.5).follow(Run(0.01, 10, 1))
    for _ in range(3):
        follower.epoch_end(1.0)
    assert follower.rates(0, 1)[0] == 0.01


@pytest.mark.parametrize(("error", "rate"), [(0.75, 0.8), (0.76, 0.4)])
def test_plateau_takes_a_fall_by_just_its_tolerance_as_one(error, rate):
    follower = Plateau(factor=0.5, patience=1, tolerance=0.25).follow(RUN)
    follower.epoch_end(1.0)
    follower.epoch_end(error)
    assert follower.rates(0, 1)[0] == rate


@pytest.mark.parametrize(("rate", "ended"), [(1e-6, True), (1.1e-6, False)])
def test_adaptive_ends_a_run_at_just_1e_6(rate, ended):
    follower = Adaptive(patience=1).follow(Run(rate, 100, 1))
    assert [follower.epoch_end(1.0) for _ in range(3)] == [False, False, ended]


def test_adaptive_divides_by_five_and_ends_the_run_below_1e_6():
    follower = Adaptive(tolerance=1e-4, patience=1).follow(Run(1e-4, 100, 1))
    ends = [follower.epoch_end(1.0) for _ in range(20)]
    assert follower.rates(0, 1)[0] == pytest.approx(1e-4 / 5**3)
    # the first epoch, then twice two epochs for each of three fifths, and two more
    assert ends.index(True) == 8


@pytest.mark.parametrize(
    ("name", "made"),
    [("cosine", Cosine()), ("invscaling", InverseScaling()), ("step", Steps()), (None, Constant())],
)
def test_names_stand_for_defaults(name, made):
    assert schedule(name) == made


def test_what_is_no_schedule_is_refused():
    with pytest.raises(UnknownName, match="did you mean 'cosine'"):
        schedule("cosin")
    with pytest.raises(InputError):
        schedule(3)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda: Steps(0), "every must be a whole number of 1 or more, got 0"),
        (lambda: Steps("x"), "every must be a whole number of 1 or more, got 'x'"),
        (lambda: Steps(factor=1.5), "factor must be a number above 0 and at most 1, got 1.5"),
        (lambda: Exponential(-1), "factor must be a number above 0 and at most 1, got -1"),
        (lambda: Exponential("x"), "factor must be a number above 0 and at most 1, got 'x'"),
        (lambda: Plateau(2), "factor must be a number above 0 and at most 1, got 2"),
        (lambda: Plateau(0.1, 0), "patience must be a whole number of 1 or more, got 0"),
        (lambda: Plateau(tolerance=-1), "tolerance must be a number of 0 or more, got -1"),
        (lambda: Plateau(lowest=np.nan), "lowest must be a number of 0 or more, got nan"),
        (lambda: Adaptive(patience=0), "patience must be a whole number of 1 or more, got 0"),
        (lambda: Adaptive("x"), "tolerance must be a number of 0 or more, got 'x'"),
        (lambda: InverseScaling(-1), "power must be a number of 0 or more, got -1"),
        (lambda: Cosine(warmup=2), "warmup must be at least 0 and below 1, got 2"),
        (lambda: Cosine(floor="x"), "floor must be at least 0 and at most 1, got 'x'"),
    ],
)
def test_settings_out_of_range_are_refused_in_a_sentence(wrong, sentence):
    with pytest.raises(InputError) as fault:
        wrong()
    assert str(fault.value) == sentence

"""Every picture draws on its own figure and on given axes, what it shows is what it was given, and no page loads
anything."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.quiver import Quiver

from deltarule.descent.descending import descend
from deltarule.descent.training import train
from deltarule.errors import InputError
from deltarule.health.diagnosis import diagnose
from deltarule.health.flow import gradient_flow as flow_of
from deltarule.network import Network
from deltarule.pictures.calibration import calibration
from deltarule.pictures.canvas import axes, save, svg, thinned
from deltarule.pictures.comparison import comparison
from deltarule.pictures.confusion import confusion
from deltarule.pictures.contour import contour
from deltarule.pictures.error_curves import error_curves
from deltarule.pictures.error_histogram import error_histogram
from deltarule.pictures.gradient_flow import gradient_flow
from deltarule.pictures.gradient_heat import gradient_heat
from deltarule.pictures.hessian_spectrum import hessian_spectrum
from deltarule.pictures.predicted_actual import predicted_actual
from deltarule.pictures.residuals import residuals
from deltarule.pictures.response import influence, response, response_curves
from deltarule.pictures.roc import roc, roc_curve
from deltarule.pictures.train_state import train_state

RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((80, 3))
D = np.sin(X[:, :1])
CODES = RANDOM.integers(0, 3, 80)
P = RANDOM.dirichlet(np.ones(3), 80)


@cache
def trained():
    return train(Network([3, 6, 1]), X, D, rule="adam", epochs=12, validation=0.25)


def outputs() -> np.ndarray:
    return trained().network.predict(X)[:, 0]


PICTURES: dict[str, Callable[[Any], Any]] = {
    "error curves": lambda ax: error_curves(trained().history, ax=ax),
    "train state": lambda ax: train_state(trained().history, ax=ax),
    "gradient heat": lambda ax: gradient_heat(trained().history, ax=ax),
    "gradient flow": lambda ax: gradient_flow(flow_of(Network([3, 4, 4, 1], "logistic"), X, D), ax=ax),
    "predicted against actual": lambda ax: predicted_actual(D[:, 0], outputs(), ax=ax),
    "error histogram": lambda ax: error_histogram({"training": D[:60, 0], "test": D[60:, 0]}, ax=ax),
    "residuals": lambda ax: residuals(D[:, 0], outputs(), ax=ax),
    "roc": lambda ax: roc(CODES, P, ax=ax, classes=("a", "b", "c")),
    "calibration": lambda ax: calibration(CODES, P, ax=ax),
    "confusion": lambda ax: confusion(CODES, P.argmax(axis=1), ax=ax),
    "response": lambda ax: response(
        *response_curves(lambda x: trained().network.predict(x)[:, 0], X, 0), ax=ax
    ),
    "hessian spectrum": lambda ax: hessian_spectrum(
        np.array([5.0, 1e-3, 0.0, -2.0]), ax=ax, learning_rate=0.1
    ),
    "contour": lambda ax: contour(descend("x1**2+3*x1*x2+5*x2**2", [2, 1]), ax=ax),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_has_a_figure_of_its_own_or_takes_the_axes_it_is_given(name: str) -> None:
    own = PICTURES[name](None)
    given = axes()
    assert PICTURES[name](given) is given
    assert own.get_figure() is not given.get_figure()
    assert own.get_title(loc="left")


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_one_svg_element_that_loads_nothing_and_is_the_same_twice(name: str) -> None:
    drawn = svg(PICTURES[name](None))
    assert drawn == svg(PICTURES[name](None))
    root = ElementTree.fromstring(drawn)
    assert root.tag.endswith("svg")
    links = [v for element in root.iter() for k, v in element.attrib.items() if k.endswith(("href", "src"))]
    assert all(link.startswith(("#", "data:")) for link in links)
    assert not re.search(r"url\((?!#)", drawn)


DOLLARS = "cost_$ (US_$)"
NAMED: dict[str, Callable[[], Any]] = {
    "predicted against actual": lambda: predicted_actual(D[:, 0], outputs(), name=DOLLARS),
    "no prediction": lambda: predicted_actual([np.nan], [np.nan], name=DOLLARS),
    "error histogram": lambda: error_histogram({DOLLARS: D[:, 0]}, name=DOLLARS),
    "residuals": lambda: residuals(D[:, 0], outputs(), name=DOLLARS),
    "roc": lambda: roc(CODES, P, classes=(DOLLARS, "b", "c")),
    "calibration": lambda: calibration(CODES, P, classes=(DOLLARS, "b", "c")),
    "confusion": lambda: confusion(CODES, P.argmax(axis=1), classes=("_$ (US_$)", "b", "c")),
    "response": lambda: response(np.arange(3.0), np.ones((2, 3)), name=DOLLARS, target=DOLLARS),
    "gradient flow": lambda: gradient_flow(flow_of({DOLLARS: Network([3, 4, 1])}, X, D)),
}


@pytest.mark.parametrize("name", NAMED)
def test_dollars_in_a_name_are_no_formula(name: str) -> None:
    assert "_$ (US_$)" in svg(NAMED[name]())


def test_both_trainings_are_compared_in_three_panels() -> None:
    found = diagnose(Network([3] + [8] * 9 + [1], "logistic"), X, D, rule="gradient", epochs=8)
    trial = found.attempt()[0]
    panels = comparison(trial)
    assert [ax.get_title(loc="left") for ax in panels] == ["Error", "‖gradient‖", "‖W‖"]
    assert all(len(ax.lines) == 2 for ax in panels)
    given = [axes(), axes(), axes()]
    assert comparison(trial, given) is given


def test_a_training_that_blew_up_is_compared_without_a_warning() -> None:
    network = Network([3] + [12] * 9 + [1], "identity", start="orthogonal")
    network.theta[:] *= 3
    found = diagnose(network, X, D, rule="gradient", learning_rate=0.01, epochs=5)
    panels = comparison(found.attempt()[0])
    assert [len(ax.lines) for ax in panels] == [2, 1, 2]  # no epoch of the first had a gradient to draw


@pytest.mark.parametrize("draw", [error_curves, train_state])
def test_a_training_that_left_the_floats_is_drawn_without_a_warning(draw: Callable[..., Any]) -> None:
    random = np.random.default_rng(0)
    X, d = random.standard_normal((100, 3)), random.standard_normal(100)
    network = Network([3, 20, 1], seed=0)
    course = train(network, X, d, rule="gradient", learning_rate=5, epochs=60, validation=0.2)
    assert course.outcome.name == "diverged" and course.history.error[-1] > 1e200
    assert svg(draw(course.history)).startswith("<svg")


@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_a_picture_is_kept_by_its_files_ending(kind: str, tmp_path) -> None:
    start = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}[kind]
    assert save(PICTURES["roc"](None), tmp_path / f"roc.{kind}").read_bytes().startswith(start)


def test_a_kind_of_file_that_is_not_known_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match=r"\.svg, \.png, \.pdf, got 'roc.doc'"):
        save(PICTURES["roc"](None), tmp_path / "roc.doc")


def test_the_roc_is_scikit_learns() -> None:
    from sklearn.metrics import roc_auc_score

    for k in range(3):
        score = P[:, k].round(1)  # with ties
        assert roc_curve(k == CODES, score)[2] == pytest.approx(roc_auc_score(k == CODES, score), abs=1e-12)


def test_counts_in_the_confusion_matrix_are_scikit_learns() -> None:
    from sklearn.metrics import confusion_matrix

    ax = confusion(CODES, P.argmax(axis=1))
    counts = confusion_matrix(CODES, P.argmax(axis=1))
    written = {(int(t.get_position()[1]), int(t.get_position()[0])): int(t.get_text()) for t in ax.texts}
    assert written == {(i, j): int(n) for (i, j), n in np.ndenumerate(counts) if n}


def test_the_input_that_matters_has_the_largest_influence_and_the_response_follows_it() -> None:
    grid, curves = response_curves(lambda x: 3 * x[:, 1], X, 1)
    np.testing.assert_allclose(curves, np.tile(3 * grid, (len(curves), 1)))
    assert influence(lambda x: 3 * x[:, 1] + 0.1 * x[:, 0], X).argsort().tolist() == [2, 0, 1]


def test_each_network_has_its_own_lines_of_what_slopes_alone_leave() -> None:
    """The weights multiply as well, so that δ may lie above them: they are no bound, and not called one."""
    networks = {
        "before": Network([3, 4, 4, 1], "logistic", seed=1),
        "after": Network([3, 4, 4, 1], "logistic"),
    }
    networks["after"].theta[:] *= 20
    flow = flow_of(networks, X, D)
    ax = gradient_flow(flow)
    dashed = [np.asarray(line.get_ydata()) for line in ax.lines if line.get_linestyle() == "--"]
    before, after = (values for values in dashed if values.size)
    for one, values in zip(flow.flows, (before, after), strict=True):
        np.testing.assert_allclose(values, one.delta[-1] * 0.25 ** np.array([2, 1, 0]))
    assert (flow["after"].delta > after).any()
    legend = ax.get_legend()
    assert legend is not None
    told = [text.get_text() for text in legend.get_texts()]
    assert len(told) == len(set(told)) == 4 and not any("bound" in words for words in told)
    assert sum(words.startswith("slopes alone") for words in told) == 2


def test_what_is_counted_is_marked_at_whole_numbers() -> None:
    marks = [error_histogram([0.1, 0.2, 0.2]).get_yticks(), hessian_spectrum([3.0, 2.0, 1.0]).get_xticks()]
    for ticks in marks:
        assert (ticks == ticks.round()).all()


def test_contours_are_for_two_variables() -> None:
    with pytest.raises(InputError, match="two variables, this one has 3"):
        contour(descend("x1**2+x2**2+x3**2", [1, 1, 1]))


def test_predictions_that_are_no_numbers_are_left_out() -> None:
    for picture in (predicted_actual, residuals):
        points = picture([1.0, 2.0, 3.0], [1.0, np.nan, np.inf]).lines[0]
        assert np.asarray(points.get_xdata()).tolist() == [1.0]
    assert [text.get_text() for text in predicted_actual([1.0], [np.nan]).texts] == ["no finite predictions"]
    assert np.size(residuals([1.0], [np.inf]).lines[0].get_xdata()) == 0
    assert sum(bar.get_height() for bar in error_histogram([np.nan, 1.0]).patches) == 1


def test_many_points_are_thinned_evenly() -> None:
    rows = thinned(100_000)
    assert len(rows) == 2000 and rows[0] == 0 and rows[-1] == 99_999


def test_every_line_of_a_trainings_state_has_a_look_of_its_own_and_a_name() -> None:
    """Evidence tells more columns than there are colours."""
    history = train(Network([3, 3, 1]), X, D, rule="evidence", epochs=6).history
    ax = train_state(history)
    lines = ax.get_lines()
    looks = {(line.get_color(), line.get_linestyle()) for line in lines}
    assert len(looks) == len(lines) > 3
    assert {"Σ l²", "γ", "α"} <= {line.get_label() for line in lines}
    legend = ax.get_legend()
    assert legend is not None
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()
    assert legend.get_window_extent().x0 >= ax.get_window_extent().x1  # beside the lines, not over them


def test_several_descents_are_seen_to_end_apart_and_each_step_has_its_arrow() -> None:
    f = "(x**2-1)**2 + y**2"
    left, right = (descend(f, {"x": x, "y": 0.5}) for x in (-0.3, 0.3))
    ax = contour([left, right])
    legend = ax.get_legend()
    assert legend is not None
    ends = [text.get_text() for text in legend.get_texts() if "end" in text.get_text()]
    assert len(ends) == 2 and "at -1" in ends[0] and "at 1" in ends[1]
    arrows = [part for part in ax.collections if isinstance(part, Quiver)]
    for descent, drawn in zip((left, right), arrows, strict=True):
        g = np.array([descent.objective.gradient(point)[1] for point in np.asarray(drawn.get_offsets())])
        along = np.sum(np.stack([drawn.U, drawn.V], axis=1) * -g, axis=1)
        np.testing.assert_allclose(along, np.hypot(drawn.U, drawn.V) * np.linalg.norm(g, axis=1), rtol=1e-6)


def test_starts_that_reach_one_place_name_it_once_as_finely_as_the_picture_shows_it() -> None:
    f = "x1**2+3*x1*x2+5*x2**2"
    starts = ([2, 1], [-3, -2], [0, 0])
    ax = contour([descend(f, start) for start in starts])
    legend = ax.get_legend()
    assert legend is not None and legend.get_frame_on()
    assert [text.get_text() for text in legend.get_texts() if "end" in text.get_text()] == [
        "end: minimum at 0, 0"
    ]
    paths = [line.get_color() for line in ax.lines if np.size(line.get_xdata()) > 1]
    arrows = [part for part in ax.collections if isinstance(part, Quiver)]
    assert len(set(paths)) == len(paths)
    assert not any(
        np.allclose(to_rgb(path), np.asarray(drawn.get_facecolor())[0, :3])
        for path in paths
        for drawn in arrows
    )


@pytest.mark.parametrize("rule", ["gradient", "lbfgs"])
def test_no_arrow_is_longer_than_the_way_to_the_end_and_all_stand_at_right_angles_to_the_contours(
    rule: str,
) -> None:
    down = descend("(1-x)**2+100*(y-x**2)**2", {"x": -1.2, "y": 1}, rule)
    ax = contour(down)
    assert ax.get_aspect() == 1
    (arrows,) = (part for part in ax.collections if isinstance(part, Quiver))
    left = np.linalg.norm(down.x - np.asarray(arrows.get_offsets()), axis=1)
    assert (np.hypot(arrows.U, arrows.V) <= left * (1 + 1e-12)).all() and left.min() > 0

"""Each first-order rule against its update written out for one weight, and against PyTorch."""

from dataclasses import fields
from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from deltarule import (
    LBFGS,
    AdaGrad,
    Adam,
    AdamW,
    GradientDescent,
    LevenbergMarquardt,
    Momentum,
    NAdam,
    Nesterov,
    Newton,
    RMSprop,
    Rprop,
    ScaledConjugateGradient,
    UnknownName,
)
from deltarule.descent.rules import ALIASES, RULES, rule
from deltarule.errors import InputError

G = [0.5, -1.5, 0.25, 2.0]
ETA = 0.1


def run(made, steps=G, weights=True):
    theta, memory = np.array([1.0]), np.zeros((made.memories, 1))
    for t, g in enumerate(steps, 1):
        made.update(theta, np.array([g]), memory, ETA, t, np.array([weights]))
    return float(theta[0])


def gradient():
    w = 1.0
    for g in G:
        w -= ETA * g
    return w


def momentum(nesterov=False):
    w, v = 1.0, 0.0
    for g in G:
        v = 0.9 * v - ETA * g
        w += 0.9 * v - ETA * g if nesterov else v
    return w


def adagrad():
    w, v = 1.0, 0.0
    for g in G:
        v += g * g
        w -= ETA * g / (sqrt(v) + 1e-10)
    return w


def rmsprop():
    w, v = 1.0, 0.0
    for g in G:
        v = 0.99 * v + 0.01 * g * g
        w -= ETA * g / (sqrt(v) + 1e-8)
    return w


def adam(decay=0.0, ahead=False):
    w, m, v = 1.0, 0.0, 0.0
    for t, g in enumerate(G, 1):
        w -= ETA * decay * w
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        m_hat = m / (1 - 0.9**t)
        if ahead:
            m_hat = 0.9 * m / (1 - 0.9 ** (t + 1)) + 0.1 * g / (1 - 0.9**t)
        # ε stands beside √v before the correction: ε/√(1 − β₂ᵗ) beside the corrected √v̂
        w -= ETA * m_hat / (sqrt(v / (1 - 0.999**t)) + 1e-8 / sqrt(1 - 0.999**t))
    return w


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (GradientDescent(), gradient()),
        (Momentum(), momentum()),
        (Nesterov(), momentum(nesterov=True)),
        (AdaGrad(), adagrad()),
        (RMSprop(), rmsprop()),
        (Adam(), adam()),
        (AdamW(), adam(decay=0.01)),
        (NAdam(), adam(ahead=True)),
    ],
    ids=lambda x: getattr(x, "code", ""),
)
def test_four_updates_equal_the_rule_written_out(made, expected):
    assert run(made) == pytest.approx(expected, rel=1e-12)


def test_adamw_leaves_biases_alone():
    assert run(AdamW(weight_decay=0.5), weights=False) == pytest.approx(adam(), rel=1e-12)


@pytest.mark.parametrize(
    "made", [f() for f in RULES.values() if hasattr(f(), "update")], ids=lambda r: r.code
)
def test_float32_stays_float32_and_the_memory_is_the_rules_own(made):
    theta, memory = np.ones(3, np.float32), np.zeros((made.memories, 3), np.float32)
    made.update(theta, np.full(3, 0.5, np.float32), memory, 0.1, 1, np.ones(3, bool))
    assert theta.dtype == np.float32
    assert (theta < 1).all()


@pytest.mark.compare
@pytest.mark.parametrize(
    ("made", "name", "settings"),
    [
        (GradientDescent(), "SGD", {}),
        (Momentum(0.8), "SGD", {"momentum": 0.8}),
        (Nesterov(0.8), "SGD", {"momentum": 0.8, "nesterov": True}),
        (AdaGrad(), "Adagrad", {}),
        (RMSprop(), "RMSprop", {}),
        (Adam(epsilon=1e-300), "Adam", {"eps": 0}),
        (AdamW(epsilon=1e-300), "AdamW", {"eps": 0}),
    ],
    ids=lambda x: getattr(x, "code", ""),
)
def test_updates_equal_pytorchs(made, name, settings):
    torch = pytest.importorskip("torch")
    w = torch.ones(1, dtype=torch.float64, requires_grad=True)
    optimiser = getattr(torch.optim, name)([w], lr=ETA, **settings)
    for g in G:
        w.grad = torch.tensor([g], dtype=torch.float64)
        optimiser.step()
    assert run(made) == pytest.approx(w.item(), rel=1e-10)


@pytest.mark.parametrize("alias", ["gd", "sgd", "traingd"])
def test_names_from_elsewhere_lead_to_ours(alias):
    assert rule(alias) == GradientDescent()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("traingda", "here say gradient, with schedule adaptive and batch full"),
        ("traingdx", "here say momentum, with"),
        ("trainoss", "here say lbfgs with memory=1"),
    ],
)
def test_a_rule_of_matlabs_that_we_have_not_is_answered_with_what_comes_nearest(name, words):
    with pytest.raises(UnknownName, match=words):
        rule(name)


def test_the_page_of_rules_names_every_rule_and_every_alias():
    page = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
    assert [name for name in (*RULES, *ALIASES) if f"`{name}`" not in page] == ["gd"]


def test_an_unknown_rule_is_answered_with_the_nearest():
    with pytest.raises(UnknownName, match="did you mean 'adam'"):
        rule("adma")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Momentum(1.1),
        lambda: Adam(beta_1=-0.1),
        lambda: Adam(epsilon=0),
        lambda: AdamW(weight_decay=-1),
        lambda: rule(3),
        lambda: LBFGS(memory=1.5),
        lambda: LBFGS(memory=0),
        lambda: Newton(exact_up_to=0.5),
        lambda: ScaledConjugateGradient(lam=0),
        lambda: Rprop(increase=0.5),
        lambda: LevenbergMarquardt(mu=np.nan),
    ],
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(InputError):
        wrong()


@pytest.mark.parametrize("name", [name for name, make in RULES.items() if fields(make)])
def test_a_word_in_the_place_of_a_number_is_refused_whatever_the_rule(name):
    make = RULES[name]
    for field in fields(make):
        if field.type != "bool":
            with pytest.raises(InputError):
                make(**{field.name: "x"})

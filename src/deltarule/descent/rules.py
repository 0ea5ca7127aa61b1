"""Every rule by name, with the names that scikit-learn, MATLAB and PyTorch users type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deltarule.amounts import shown
from deltarule.descent.adaptive import AdaGrad, Adam, AdamW, NAdam, RMSprop
from deltarule.descent.bfgs import BFGS
from deltarule.descent.conjugate_gradient import ConjugateGradient
from deltarule.descent.evidence import Evidence
from deltarule.descent.gauss_newton import GaussNewton
from deltarule.descent.gradient import GradientDescent, Momentum, Nesterov
from deltarule.descent.lbfgs import LBFGS
from deltarule.descent.levenberg_marquardt import LevenbergMarquardt
from deltarule.descent.newton import Newton
from deltarule.descent.rprop import Rprop
from deltarule.descent.scaled_conjugate_gradient import ScaledConjugateGradient
from deltarule.errors import InputError, UnknownName
from deltarule.objectives.objective import FirstOrderRule, FullBatchRule

RULES: dict[str, Callable[[], FirstOrderRule | FullBatchRule]] = {
    "gradient": GradientDescent,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "adagrad": AdaGrad,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
    "nadam": NAdam,
    "lm": LevenbergMarquardt,
    "evidence": Evidence,
    "lbfgs": LBFGS,
    "bfgs": BFGS,
    "newton": Newton,
    "gauss_newton": GaussNewton,
    "cg": ConjugateGradient,
    "scg": ScaledConjugateGradient,
    "rprop": Rprop,
}
ALIASES = {
    "gd": "gradient",
    "sgd": "gradient",
    "traingd": "gradient",
    "traingdm": "momentum",
    "trainlm": "lm",
    "trainbr": "evidence",
    "trainrp": "rprop",
    "trainscg": "scg",
    "trainbfg": "bfgs",
    "traincgp": "cg",
    "traincgf": "cg",
    "traincgb": "cg",
}
INSTEAD = {  # of what MATLAB has and we have not: what comes nearest
    "traingda": "gradient, with schedule adaptive and batch full",
    "traingdx": "momentum, with schedule adaptive and batch full",
    "trainoss": "lbfgs with memory=1",
    "trainb": "gradient, with batch full",
    "trainc": "gradient, with batch 1 and, in Python, shuffle=False",
    "trains": "gradient, with batch 1 and, in Python, shuffle=False",
    "trainr": "gradient, with batch 1",
}


def rule(given: str | Any) -> FirstOrderRule | FullBatchRule:
    """A rule from its name or its settings.

    >>> rule("adam")
    Adam(beta_1=0.9, beta_2=0.999, epsilon=1e-08)
    """
    if isinstance(given, str):
        found = RULES.get(ALIASES.get(given, given))
        if found is None:
            raise UnknownName("rule", given, [*RULES, *ALIASES], INSTEAD.get(given))
        return found()
    if not isinstance(given, type) and (hasattr(given, "update") or isinstance(given, FullBatchRule)):
        return given
    raise InputError(f"rule must be a name or settings such as Adam(beta_1=0.9), got {shown(given)}")


def first_order(rule: FirstOrderRule | FullBatchRule) -> bool:
    """Whether a rule moves by one gradient a step, and so by mini-batches."""
    return not isinstance(rule, FullBatchRule)

"""What every constructor parameter may be: one table, checked once, at the beginning of a fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from inspect import signature
from typing import Any, TypeVar

import numpy as np

from deltarule.amounts import is_count, is_number
from deltarule.descent.rules import ALIASES as RULE_ALIASES
from deltarule.equations.activations import ACTIVATIONS, ALIASES
from deltarule.equations.starts import STARTS
from deltarule.errors import InputError, UnknownName

FIRST_ORDER = ("sgd", "adam")
SKLEARN_SOLVERS = ("lbfgs", *FIRST_ORDER)
FULL_BATCH_SOLVERS = ("lm", "evidence", "newton", "scg", "rprop")  # these scale inputs and target inside
CURVED = ("lm", "evidence", "newton")  # these need second derivatives of the loss
SOLVERS = (*SKLEARN_SOLVERS, *FULL_BATCH_SOLVERS, "auto")
HIDDEN = [name for name, activation in ACTIVATIONS.items() if not activation.output_only]
REGRESSION_LOSSES = ("squared_error", "poisson", "huber", "quantile", "absolute_error")


@dataclass(frozen=True)
class Parameter:
    """fits(value) says whether a value can be used; words say what can, `text` what it does."""

    fits: Callable[[Any], bool]
    words: str
    text: str


class Parameters:
    """The parameters as attributes, with their types: what reads them need not know the class."""

    hidden_layer_sizes: Any
    activation: Any
    hidden_activation: Any
    output_activation: str | None
    start: str | None
    scale: bool | None
    loss: Any
    quantile: float
    huber_threshold: float
    class_weight: Any
    alpha: float
    l1: float
    dropout: Any
    solver: str
    batch_size: Any
    learning_rate: str
    learning_rate_init: float
    power_t: float
    momentum: float
    nesterovs_momentum: bool
    beta_1: float
    beta_2: float
    epsilon: float
    clip_norm: float | None
    clip_value: float | None
    shuffle: bool
    random_state: Any
    restarts: int
    committee: bool | str
    threads: int | None
    max_iter: int
    max_fun: int
    tol: float
    n_iter_no_change: float
    early_stopping: bool
    validation_fraction: float
    scoring: Any
    budget: float | None
    warm_start: bool
    verbose: Any


def is_flag(value: Any) -> bool:
    return isinstance(value, (bool, np.bool_))


def _from_zero(text: str) -> Parameter:
    return Parameter(lambda v: is_number(v) and 0 <= v < np.inf, "a number of 0 or more", text)


def _above_zero(text: str) -> Parameter:
    return Parameter(lambda v: is_number(v) and 0 < v < np.inf, "a number above 0", text)


def _share(text: str, closed: bool = False) -> Parameter:
    words = "between 0 and 1" if closed else "at least 0 and below 1"
    return Parameter(lambda v: is_number(v) and (0 <= v <= 1 if closed else 0 <= v < 1), words, text)


def _count(text: str) -> Parameter:
    return Parameter(lambda v: is_count(v) and v >= 1, "a whole number of 1 or more", text)


def _flag(text: str) -> Parameter:
    return Parameter(is_flag, "True or False", text)


def _optional(parameter: Parameter) -> Parameter:
    return Parameter(lambda v: v is None or parameter.fits(v), f"{parameter.words}, or None", parameter.text)


def _word(words: Iterable[str], text: str) -> Parameter:
    known = tuple(words)
    return Parameter(lambda v: isinstance(v, str) and v in known, f"one of {', '.join(known)}", text)


def _words(words: Iterable[str], text: str) -> Parameter:
    known = tuple(words)

    def fits(value: Any) -> bool:
        names = [value] if isinstance(value, str) else value
        return isinstance(names, (list, tuple)) and all(isinstance(n, str) and n in known for n in names)

    return Parameter(fits, f"one of {', '.join(known)}, or a list of them, one for each hidden layer", text)


def _is_seed(value: Any) -> bool:
    return value is None or (is_count(value) and value >= 0) or isinstance(value, np.random.RandomState)


def _is_dropout(value: Any) -> bool:
    rates = [value] if is_number(value) else value
    return isinstance(rates, (list, tuple)) and all(is_number(rate) and 0 <= rate < 1 for rate in rates)


def _is_sizes(value: Any) -> bool:
    """Whether it can be hidden_layer_sizes: one number, or what has a length and an order."""
    if is_count(value) or hasattr(value, "__array__"):
        return True
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


PARAMETERS: dict[str, dict[str, Parameter]] = {
    "The network": {
        "hidden_layer_sizes": Parameter(
            _is_sizes,
            "a whole number, or a list of them",
            "units of each hidden layer; () for none.",
        ),
        "activation": _words(HIDDEN, "of the hidden units, or a list with one for each hidden layer."),
        "hidden_activation": _optional(
            _words(HIDDEN, "the same, said outright; solvers that scale inside take tanh for the default relu.")
        ),
        "output_activation": _optional(
            _word(ACTIVATIONS, "of the output units; None is the loss's own (identity, exp, logistic or softmax).")
        ),
        "start": _optional(
            _word(STARTS, "starting weights by name; None draws scikit-learn's, the same from the same random_state.")
        ),
        "scale": _optional(
            _flag(
                "standardise inputs and target inside (targets that output_activation cannot reach are placed where it "
                "can); None: only for lm, evidence, newton, scg, rprop, auto."
            )
        ),
    },
    "The loss": {
        "loss": _word(REGRESSION_LOSSES, "half the mean squared error, or poisson, huber, quantile, absolute_error."),
        "quantile": Parameter(
            lambda v: is_number(v) and 0 < v < 1, "above 0 and below 1", "the level, for loss='quantile'."
        ),
        "huber_threshold": _above_zero("from where on loss='huber' counts an error linearly, in the target's unit."),
        "class_weight": Parameter(
            lambda v: v is None or isinstance(v, dict) or v == "balanced" or isinstance(v, list),
            "'balanced', a dict class → weight, or None",
            "weights of the classes, times sample_weight.",
        ),
        "alpha": _from_zero("strength of the L2 penalty, divided by the samples of a step; evidence finds its own."),
        "l1": _from_zero("strength of the L1 penalty, divided likewise; for sgd and adam."),
        "dropout": Parameter(
            _is_dropout,
            "at least 0 and below 1, or a list of such rates, one for each hidden layer",
            "share of the hidden units left out of each training step; for sgd and adam.",
        ),
    },
    "The descent": {
        "solver": _word(SOLVERS, "adam, sgd, lbfgs as in scikit-learn; lm, evidence, newton, scg, rprop; auto."),
        "batch_size": Parameter(
            lambda v: v == "auto" if isinstance(v, str) else is_count(v) and v >= 1,
            "'auto' or a whole number of 1 or more",
            "rows a step of sgd and adam; auto is min(200, N).",
        ),
        "learning_rate": _word(("constant", "invscaling", "adaptive"), "schedule of sgd."),
        "learning_rate_init": _above_zero("η of sgd and adam."),
        "power_t": _from_zero("exponent of invscaling."),
        "momentum": _share("of sgd.", closed=True),
        "nesterovs_momentum": _flag("whether sgd's momentum looks ahead."),
        "beta_1": _share("adam's share of the mean gradient kept."),
        "beta_2": _share("adam's share of the mean squared gradient kept."),
        "epsilon": _above_zero("adam's smallest denominator."),
        "clip_norm": _optional(_above_zero("limit of the gradient's norm; for sgd and adam.")),
        "clip_value": _optional(_above_zero("limit of the gradient's entries; for sgd and adam.")),
        "shuffle": _flag("whether sgd and adam draw a new order of the samples for each epoch."),
        "random_state": Parameter(
            _is_seed,
            "a whole number of 0 or more, a numpy.random.RandomState or None",
            "of the starting weights, the rows held out and the order of samples.",
        ),
        "restarts": _count("how many starts are trained; the best is kept (by held-out rows where there are any)."),
        "committee": Parameter(
            lambda v: is_flag(v) or v == "distilled",
            "True, False or 'distilled'",
            "whether all restarts are kept, as one network of the mean of their net inputs; distilled: taught to one "
            "network of the size asked for (evidence only).",
        ),
        "threads": _optional(_count("how many the compiled engine may use; the numbers are the same.")),
    },
    "The end": {
        "max_iter": _count("epochs of sgd and adam, iterations of the others."),
        "max_fun": _count("limit of lbfgs's function calls."),
        "tol": _from_zero("for sgd and adam what the loss must fall by (or the score rise); else the gradient's."),
        "n_iter_no_change": Parameter(
            lambda v: v == np.inf or (is_count(v) and v >= 1),
            "a whole number of 1 or more, or inf",
            "epochs without such a change before the end.",
        ),
        "early_stopping": _flag("whether to end by the score on held-out rows, and keep its best epoch's weights."),
        "validation_fraction": _share("of the rows held out for early_stopping, where fit gets no X_val."),
        "scoring": Parameter(
            lambda v: v is None or isinstance(v, str) or callable(v),
            "the name of a scorer, 'loss', a function (estimator, X, y) → number, or None",
            "the score early_stopping looks at; None: accuracy or R², 'loss': minus the held-out loss.",
        ),
        "budget": _optional(_above_zero("seconds a fit may take.")),
        "warm_start": _flag("whether fit begins from the weights of the fit before."),
        "verbose": Parameter(
            lambda v: is_flag(v) or (is_count(v) and v >= 0),
            "True, False or a whole number",
            "print each epoch's loss.",
        ),
    },
}  # fmt: skip
TABLE: dict[str, Parameter] = {name: p for group in PARAMETERS.values() for name, p in group.items()}


def _own_name(value: str, aliases: dict[str, str], known: Iterable[str]) -> str | None:
    """What a name from elsewhere is called in scikit-learn's classes, where they have it."""
    meant = aliases.get(value, "")
    return f"'{meant}'" if meant in known else None


def check_parameters(values: dict[str, Any]) -> None:
    """Raises InputError for the first value that cannot be used, in one sentence; values by other names pass."""
    for name, parameter in TABLE.items():
        value = values.get(name)
        if name not in values or parameter.fits(value):
            continue
        if name == "solver" and isinstance(value, str):
            raise UnknownName("solver", value, SOLVERS, _own_name(value, RULE_ALIASES, SOLVERS))
        if name in ("activation", "hidden_activation", "output_activation") and isinstance(value, str):
            known = ACTIVATIONS if name == "output_activation" else HIDDEN
            raise UnknownName(name, value, known, _own_name(value, ALIASES, known))
        raise InputError(f"{name} must be {parameter.words}; got {value!r}")


@lru_cache(maxsize=256)
def default(cls: type, name: str) -> Any:
    """What a constructor's parameter is where it is not given; of a subclass that does not name it, its parent's."""
    constructors = (signature(kind.__init__).parameters for kind in cls.__mro__)
    return next(parameters[name].default for parameters in constructors if name in parameters)


C = TypeVar("C", bound=type)


def documented(cls: C) -> C:
    """The class with its parameters told in its docstring, in groups, from the table."""
    own = signature(cls.__init__).parameters
    lines = ["", "    Parameters", "    ----------"]
    for group, parameters in PARAMETERS.items():
        lines.append(f"    {group}:")
        told = [(name, p.text, default(cls, name)) for name, p in parameters.items() if name in own]
        lines += [f"        {name} : {text} Default {value!r}." for name, text, value in told]
    cls.__doc__ = (cls.__doc__ or "").rstrip() + "\n" + "\n".join(lines) + "\n"
    return cls

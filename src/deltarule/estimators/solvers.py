"""scikit-learn's solver settings in the words of `descent`; combinations without sense are refused."""

from __future__ import annotations

from typing import Any

import numpy as np

from deltarule.descent.adaptive import Adam
from deltarule.descent.choosing import choose
from deltarule.descent.clipping import Clipping
from deltarule.descent.evidence import Evidence
from deltarule.descent.gradient import GradientDescent, Momentum, Nesterov
from deltarule.descent.lbfgs import LBFGS
from deltarule.descent.schedules import Adaptive, Constant, InverseScaling, Schedule
from deltarule.descent.stopping import Stopping
from deltarule.equations.losses import Loss
from deltarule.equations.penalties import Penalty
from deltarule.equations.shape import Shape
from deltarule.errors import InputError
from deltarule.estimators.parameters import CURVED, FIRST_ORDER, SKLEARN_SOLVERS, SOLVERS, Parameters, default

# Of scikit-learn's parameters: the solvers that look at other values than the default, which is taken as "not said".
READ_BY: dict[str, tuple[str, ...]] = {
    "alpha": SOLVERS,  # evidence finds its own, and auto looks whether there is one
    "batch_size": FIRST_ORDER,
    "learning_rate": ("sgd",),
    "learning_rate_init": FIRST_ORDER,
    "power_t": ("sgd",),
    "momentum": ("sgd",),
    "nesterovs_momentum": ("sgd",),
    "beta_1": ("adam",),
    "beta_2": ("adam",),
    "epsilon": ("adam",),
    "max_fun": ("lbfgs",),
}
OF_STEPS = ("batch_size", "learning_rate_init", "beta_1", "beta_2", "epsilon")  # these ask auto for adam


def solver_of(given: Parameters, shape: Shape, rows: int, loss: Loss) -> tuple[str, str]:
    """The solver that runs, and why where auto chose it: from sizes and settings alone."""
    if given.solver != "auto":
        return given.solver, ""
    penalty = Penalty(given.l1, given.alpha if _said(given, "alpha") else 0.0)
    if np.any(given.dropout):
        return "adam", "adam: dropout was asked for, which draws other units for every batch"
    clipped = given.clip_norm is not None or given.clip_value is not None
    by_batches = clipped or any(_said(given, name) for name in OF_STEPS)
    choice = choose(shape, rows, loss, penalty, by_batches)
    if given.early_stopping and isinstance(choice.rule, LBFGS):
        return "adam", "adam: early_stopping was asked for, which lbfgs has not"
    names: dict[Any, str] = {Evidence: "evidence", LBFGS: "lbfgs"}
    reason = choice.reason.replace("'mae'", "'absolute_error'")  # as it is called here
    return names.get(type(choice.rule), "adam"), reason


def first_order_rule(given: Parameters, solver: str) -> Any:
    """The rule of solver sgd or adam."""
    if solver == "adam":
        return Adam(given.beta_1, given.beta_2, given.epsilon)
    if given.momentum == 0:
        return GradientDescent()
    return (Nesterov if given.nesterovs_momentum else Momentum)(given.momentum)


def schedule(given: Parameters, solver: str, seen: int = 0) -> Schedule:
    """The learning rates of sgd, `seen` samples having come before; adam's is constant."""
    patience: Any = given.n_iter_no_change
    if solver == "adam" or given.learning_rate == "constant":
        return Constant()
    if given.learning_rate == "invscaling":
        return InverseScaling(given.power_t, "sample", seen)
    return Constant() if patience == np.inf else Adaptive(given.tol, patience)


def stopping(given: Parameters, solver: str, seconds: float | None = None) -> Stopping:
    """When a fit ends: sgd and adam by the loss, the others by the gradient; with early_stopping by the held-out score.

    adaptive has its own end; evidence moves its own penalties, so that its gradient says nothing of its end.
    """
    patience: Any = given.n_iter_no_change
    by_steps = solver in FIRST_ORDER
    if by_steps and (patience == np.inf or (solver == "sgd" and given.learning_rate == "adaptive")):
        return Stopping(seconds=seconds)
    if holds_out(given) and patience < np.inf:
        return Stopping(patience=patience + 1, improvement=given.tol, seconds=seconds)
    if not by_steps:
        return Stopping(gradient_norm=None if solver == "evidence" else given.tol, seconds=seconds)
    return Stopping(tolerance=given.tol, tolerance_epochs=patience, seconds=seconds)


def holds_out(given: Parameters) -> bool:
    """Whether early_stopping looks at held-out rows; lbfgs has none."""
    return given.early_stopping and given.solver != "lbfgs"


def clipping(given: Parameters) -> Clipping:
    """The limits of the gradient."""
    value, norm = given.clip_value, given.clip_norm
    return Clipping(np.inf if value is None else value, np.inf if norm is None else norm)


def scales_inside(given: Parameters) -> bool:
    """Whether inputs and target are standardised inside."""
    return given.solver not in SKLEARN_SOLVERS if given.scale is None else bool(given.scale)


def _said(given: Parameters, name: str) -> bool:
    """Whether a parameter has another value than its default."""
    return getattr(given, name) != default(type(given), name)


def _refuse_what_is_not_read(given: Parameters) -> None:
    """Raises InputError for what a solver of ours would not look at; scikit-learn's own solvers pass over it."""
    solver = given.solver
    if solver in SKLEARN_SOLVERS:
        return
    may_run = {"adam", "lbfgs", "auto"} if solver == "auto" else {solver}
    for name, readers in READ_BY.items():
        if not _said(given, name) or may_run & set(readers):
            continue
        for_ = "solver=" + " or ".join(f"'{reader}'" for reader in readers)
        raise InputError(
            f"{name}={getattr(given, name)!r} is for {for_}, and solver='{solver}' does not look at it: leave it out"
        )


def check_combinations(given: Parameters, layers: int) -> None:
    """Raises InputError for the first combination of parameters that makes no sense; layers is L."""
    _refuse_what_is_not_read(given)
    solver, hidden, said = given.solver, given.hidden_activation, given.activation
    if hidden is not None and said not in ("relu", hidden):
        raise InputError(
            f"activation={said!r} and hidden_activation={hidden!r} are two names of one thing: leave one of them out"
        )
    if solver not in (*FIRST_ORDER, "auto"):
        one_batch = f"solver='{solver}' takes all samples at once"
        if np.any(given.dropout):
            raise InputError(
                f"dropout draws other units for every batch, and {one_batch}: use 'adam' or 'sgd'"
            )
        if given.clip_norm is not None or given.clip_value is not None:
            raise InputError(f"clipping limits the gradient of a step, and {one_batch}: use 'adam' or 'sgd'")
        if given.l1:
            raise InputError(f"l1 has a kink at 0 that solver='{solver}' cannot pass: use 'adam' or 'sgd'")
    if solver in CURVED and getattr(given, "loss", None) in ("quantile", "absolute_error"):
        raise InputError(
            f"loss='{given.loss}' has no curvature for solver='{solver}' to use: try 'adam' or 'lbfgs'"
        )
    if solver == "evidence" and getattr(given, "loss", None) == "huber":
        raise InputError(
            "loss='huber' is no likelihood, which solver='evidence' needs: use solver='lbfgs' with it, or "
            "loss='squared_error'"
        )
    if given.scoring is not None and not holds_out(given):
        raise InputError(
            "scoring is what early_stopping looks at: "
            + ("lbfgs has none, use another solver" if given.early_stopping else "write early_stopping=True")
        )
    if given.committee and given.restarts == 1:
        raise InputError(
            f"committee={given.committee!r} averages several networks: say how many with restarts=5"
        )
    if given.warm_start and given.restarts > 1:
        raise InputError("warm_start goes on from one network, restarts begin several: use one or the other")
    for name, loss in (("quantile", "quantile"), ("huber_threshold", "huber")):
        if hasattr(given, name) and _said(given, name) and given.loss != loss:
            raise InputError(
                f"{name}={getattr(given, name)!r} is for loss='{loss}', and loss='{given.loss}' does not look at it"
            )
    if layers == 1 and np.any(given.dropout):
        raise InputError("dropout leaves out hidden units, and hidden_layer_sizes=() has none: leave it out")
    if np.ndim(given.dropout) and len(given.dropout) != layers - 1:
        there = "1 hidden layer" if layers == 2 else f"{layers - 1} hidden layers"
        raise InputError(f"dropout has {len(given.dropout)} rates, the network {there}")

"""What X, D and sample weights must be: checked once, at the boundary, in one sentence each.

float32 and float64 arrays pass through as they are, without a copy; other numbers become float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deltarule.equations.losses import Loss
from deltarule.equations.shape import Shape
from deltarule.errors import InputError

Floats = NDArray[np.floating]


def inputs(X: ArrayLike, shape: Shape, name: str = "X") -> Floats:
    """X as (N, I) floats; a single sample (I,) becomes (1, I)."""
    x = _floats(X, name)
    I = shape.sizes[0]
    if x.ndim == 1 and len(x) == I:
        x = x[None, :]
    if x.ndim != 2 or x.shape[1] != I:
        turned = f": a sample is a row here, so give {name}.T" if x.ndim == 2 and len(x) == I else ""
        raise InputError(
            f"{name} must have shape (N, {I}), a row for each sample and a column for each input unit; got {x.shape}"
            f"{turned}"
        )
    if len(x) == 0:
        raise InputError(f"{name} has no rows: at least one sample is needed")
    _refuse_not_finite(x, name)
    return x


def targets(D: ArrayLike, rows: int, shape: Shape, loss: Loss, name: str = "D") -> Floats:
    """D as (N, K) floats; 1-D only when K = 1, or as class numbers 0 … K−1 for cross_entropy."""
    K = shape.sizes[-1]
    given = np.asarray(D)
    if loss.name == "cross_entropy" and given.ndim == 1 and len(given) == rows:
        return _one_hot(given, K, name)
    d = _floats(D, name)
    _refuse_not_finite(d, name)
    if d.ndim == 1 and K == 1 and len(d) == rows:
        d = d[:, None]
    if d.shape != (rows, K):
        also = (
            f" or ({rows},)"
            if K == 1
            else f" or class numbers ({rows},)"
            if loss.name == "cross_entropy"
            else ""
        )
        raise InputError(
            f"{name} must have shape ({rows}, {K}){also}: one row for each row of X, one column for each "
            f"output unit; got {given.shape}"
        )
    if loss.name in ("binary_cross_entropy", "cross_entropy") and not (d.min() >= 0 and d.max() <= 1):
        raise InputError(
            f"{loss.name} needs {name} as {loss.targets}; got values from {d.min():g} to {d.max():g}"
        )
    if loss.name == "poisson" and not d.min() >= 0:
        raise InputError(f"poisson needs {name} as {loss.targets}; the smallest is {d.min():g}")
    return d


def weights(sample_weight: ArrayLike | None, rows: int, name: str = "sample_weight") -> Floats | None:
    """s as (N,) float64, none negative, not all zero; None stays None."""
    if sample_weight is None:
        return None
    s = np.asarray(_floats(sample_weight, name), dtype=np.float64)
    if s.shape != (rows,):
        raise InputError(f"{name} must have shape ({rows},), one weight for each row of X; got {s.shape}")
    _refuse_not_finite(s, name)
    if s.min() < 0 or s.max() == 0:
        raise InputError(
            f"{name} must be 0 or more and not all 0; got values from {s.min():g} to {s.max():g}"
        )
    return s


def groups(labels: ArrayLike | None, rows: int, name: str = "groups") -> NDArray[np.int64] | None:
    """(N,) a whole number for each row, counted from 0, the same for rows of equal labels; None stays None.

    >>> groups(["b", "a", "b"], 3).tolist()
    [0, 1, 0]
    """
    if labels is None:
        return None
    given: Any = labels
    if np.ndim(given) != 1 or len(given) != rows:
        raise InputError(
            f"{name} must have shape ({rows},), one label for each row of X; got {np.shape(given)}"
        )
    places: dict[Any, int] = {}
    found = np.empty(rows, np.int64)
    for n, label in enumerate(given.tolist() if hasattr(given, "tolist") else given):
        if _says_nothing(label):
            raise InputError(f"{name} has no label at {name}[{n}]: each row needs one")
        found[n] = places.setdefault(label, len(places))
    if len(places) < 2:
        raise InputError(
            f"{name} gives every row the same label: leave it out, as nothing is new to rows that all belong together"
        )
    return found


def _says_nothing(label: Any) -> bool:
    """None, NaN, NaT or pandas' NA."""
    try:
        return label is None or bool(label != label)
    except TypeError:  # NA compares with nothing
        return True


def numbered(labels: NDArray[Any]) -> NDArray[np.int64]:
    """(N,) each label's place among the labels in their order.

    >>> numbered(np.array([7, 3, 7])).tolist()
    [1, 0, 1]
    """
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def _one_hot(classes: NDArray[Any], K: int, name: str) -> Floats:
    whole = classes.dtype.kind in "iub" or (
        classes.dtype.kind == "f" and bool((classes == np.floor(classes)).all())
    )
    if not whole or classes.min() < 0 or classes.max() >= K:
        raise InputError(
            f"{name} as class numbers must hold whole numbers from 0 to {K - 1} (this network has {K} "
            f"outputs); got {_range(classes)}"
        )
    d = np.zeros((len(classes), K))
    d[np.arange(len(classes)), classes.astype(np.intp)] = 1
    return d


def _range(values: NDArray[Any]) -> str:
    return (
        f"values from {values.min():g} to {values.max():g}"
        if values.dtype.kind in "iubf"
        else f"dtype {values.dtype}"
    )


def _floats(values: ArrayLike, name: str) -> Floats:
    try:
        array = np.asarray(values)
    except ValueError as fault:
        raise InputError(f"{name} must be a rectangular array of numbers: {fault}") from None
    if array.dtype in (np.float32, np.float64):
        return array
    if array.dtype.kind not in "iubf":
        raise InputError(
            f"{name} must hold numbers (float32, float64 or integers), got dtype {array.dtype}: encode text "
            "and dates first"
        )
    return array.astype(np.float64)


def _refuse_not_finite(array: Floats, name: str) -> None:
    with np.errstate(all="ignore"):
        # one pass, no copy; an overflowing sum of finite numbers is looked at below
        if np.isfinite(array.sum()):
            return
    bad = ~np.isfinite(array)
    if not bad.any():
        return
    place = tuple(int(p) for p in np.argwhere(bad)[0])
    where = ", ".join(str(p) for p in place)
    raise InputError(
        f"{name} has {int(bad.sum())} value(s) that are not finite, the first at {name}[{where}] = "
        f"{array[place]}: remove or fill them"
    )

"""What the samples say that no training can mend: targets that contradict each other, a column that gives them away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from deltarule.health.case import Case
from deltarule.health.measures import probe_rows
from deltarule.health.thresholds import CONTRADICTED, TOLD_ALONE

Numbers = NDArray[np.float64]
NUMBERS = 2_000_000  # of X, looked through in rows spread evenly
FEW = 30  # rows below which a column may fit by chance


def remarks(case: Case) -> tuple[str, ...]:
    """A sentence for each; none where numbers are not finite or all targets are alike."""
    seen = slice(None) if case.sample_weight is None else case.sample_weight > 0
    X, D = case.X[seen], case.D[seen]
    rows = probe_rows(len(X), max(NUMBERS // max(X.shape[1], 1), FEW))
    X, D = X[rows].astype(np.float64), D[rows].astype(np.float64).reshape(len(D[rows]), -1)
    if not _telling(X, D):
        return ()
    return (*_contradicted(X, D), *_told_alone(X, D, case.names))


def told_alone(X: Numbers, D: Numbers, names: Sequence[str]) -> list[str]:
    """A sentence where one column of X (N, I) alone tells the targets D (N, K): as in `remarks`."""
    rows = probe_rows(len(X), max(NUMBERS // max(X.shape[1], 1), FEW))
    X, D = X[rows], D[rows]
    return list(_told_alone(X, D, names)) if _telling(X, D) else []


def _telling(X: Numbers, D: Numbers) -> bool:
    return len(D) >= FEW and bool(np.isfinite(X).all() and np.isfinite(D).all() and D.var(axis=0).sum() > 0)


def _contradicted(X: Numbers, D: Numbers) -> Iterator[str]:
    """Σ |d − mean d of the rows with the same x|² / Σ |d − mean d|²: no function of x errs by less."""
    _, group = np.unique(X, axis=0, return_inverse=True)
    group = group.ravel()
    count = np.bincount(group)
    means = np.stack([np.bincount(group, d) / count for d in D.T], axis=1)
    share = float(((D - means[group]) ** 2).sum() / ((D - D.mean(axis=0)) ** 2).sum())
    if share > CONTRADICTED.value:
        yield (
            f"Rows with the same inputs have different targets: {share:.0%} of what the targets differ by lies between "
            "such rows, and no network can learn that from these columns."
        )


def _told_alone(X: Numbers, D: Numbers, names: object) -> Iterator[str]:
    """1 − R² of the best line through one column alone, of several."""
    if X.shape[1] < 2:
        return
    x, d = X - X.mean(axis=0), D - D.mean(axis=0)
    size = (x * x).sum(axis=0)
    with np.errstate(all="ignore"):
        fitted = np.where(size > 0, ((x.T @ d) ** 2).sum(axis=1) / size, 0.0)
    left = 1 - fitted / (d * d).sum()
    best = int(np.argmin(left))
    if left[best] < TOLD_ALONE.value:
        known = list(names) if isinstance(names, (list, tuple)) else []
        called = f"'{known[best]}'" if best < len(known) else f"x_{best + 1}"
        yield (
            f"The column {called} alone tells the target, but for {max(left[best], 0.0):.2g} of its variance: make "
            "sure that it is known before the target is, and not made from it."
        )

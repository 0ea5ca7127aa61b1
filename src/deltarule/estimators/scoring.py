"""The score that early stopping looks at, where it is one's own: a scorer of scikit-learn's, or any function."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError
from deltarule.estimators.rows import SparseRows

Floats = NDArray[np.floating]


def scorer_of(scoring: Any) -> Callable[..., Any]:
    """scorer(estimator, X, y) of a name or a function."""
    if callable(scoring):
        return scoring
    from sklearn.metrics import get_scorer, get_scorer_names

    try:
        return get_scorer(scoring)
    except ValueError:
        from difflib import get_close_matches

        near = get_close_matches(scoring, [*get_scorer_names(), "loss"], 1)
        also = f", did you mean '{near[0]}'?" if near else ""
        raise InputError(
            f"scoring='{scoring}' is neither 'loss' nor one of sklearn.metrics.get_scorer_names(){also}"
        ) from None


class ScorerOnRows:
    """The score of θ: the scorer sees an estimator fitted so far and the held-out rows, as it would after the fit."""

    def __init__(self, estimator: Any, fitted: Callable[[Floats], tuple[Any, Floats]]) -> None:
        self.scorer, self.fitted = scorer_of(estimator.scoring), fitted
        self.seen = copy(estimator)
        vars(self.seen).pop("feature_names_in_", None)  # the rows are an array by now

    def on(self, X: Floats | SparseRows, y: Any, s: Floats | None) -> Callable[[Floats], float]:
        """θ ↦ score on rows X (N, I) with targets or labels y and weights s."""
        rows = X.matrix if isinstance(X, SparseRows) else X
        more = {} if s is None else {"sample_weight": s}

        def score(theta: Floats) -> float:
            self.seen._take(*self.fitted(theta))
            found = self.scorer(self.seen, rows, y, **more)
            try:
                return float(found)
            except (TypeError, ValueError):
                raise InputError(
                    f"scoring must give one number for each epoch, got {type(found).__name__}"
                ) from None

        return score

"""y ↔ D: numbers as they are, classes as zeros and ones; and the score of outputs against D."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from deltarule.errors import InputError

Floats = NDArray[np.floating]
Array = NDArray[Any]


class Classes:
    """Labels as D: one column for two classes, one for each of more, one for each label of a multilabel y.

    kind : "binary", "multiclass" or "multilabel".
    """

    def __init__(self, y: Any, classes: ArrayLike | None = None) -> None:
        from sklearn.utils.multiclass import type_of_target

        self.sparse = False
        if classes is None and type(y) is np.ndarray and y.ndim == 1 and y.dtype.kind in "iu":
            self.classes: Array = np.unique(y)  # whole numbers can be nothing but classes
            if 2 * len(self.classes) <= len(y):  # more of them, and scikit-learn has a word to say
                self.kind = "multiclass" if len(self.classes) > 2 else "binary"
                return
        try:
            self.kind = type_of_target(y, input_name="y", raise_unknown=True).removesuffix("-indicator")
            labels = (
                None
                if self.kind == "multilabel"
                else np.unique(np.asarray(y if classes is None else classes))
            )
        except TypeError:  # None among words, words among numbers
            kinds = ", ".join(sorted({type(label).__name__ for label in np.ravel(np.asarray(y, object))}))
            raise InputError(f"y mixes labels of different types ({kinds}): make them all one") from None
        if self.kind not in ("binary", "multiclass", "multilabel"):
            holds = "several columns of classes" if self.kind.startswith("multiclass") else "numbers"
            raise InputError(
                f"Unknown label type: {self.kind}. A classifier needs classes, and y holds {holds}"
            )
        self.sparse = hasattr(y, "toarray")
        self.classes = np.arange(y.shape[1]) if labels is None else labels
        if labels is not None:
            self.kind = "multiclass" if len(labels) > 2 else "binary"

    @property
    def natural_output(self) -> str:
        return "softmax" if self.kind == "multiclass" else "logistic"

    def check(self, y: Any, all_of_them: bool) -> None:
        """Raises InputError where y holds other classes than before, or with all_of_them fewer."""
        from sklearn.utils.multiclass import unique_labels

        found, known = unique_labels(y), self.classes
        if all_of_them and set(found) != set(known):
            raise InputError(
                "warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                f"Previously got {known}, `y` has {found}"
            )
        if len(np.setdiff1d(found, known)):
            raise InputError(f"`y` has classes not in `self.classes_`: those are {known}, y has {found}")

    def encode(self, y: Any, dtype: DTypeLike) -> Floats:
        """D (N, K) of zeros and ones."""
        if self.kind == "multilabel":
            return np.asarray(y.toarray() if hasattr(y, "toarray") else y).astype(dtype)
        codes = np.searchsorted(self.classes, np.asarray(y))
        if self.kind == "binary":
            return codes[:, None].astype(dtype)
        D = np.zeros((len(codes), len(self.classes)), dtype)
        D[np.arange(len(codes)), codes] = 1
        return D

    def decode(self, o: Floats) -> Any:
        """The labels of outputs (N, K)."""
        if self.kind == "multilabel":
            labels = (o > 0.5).astype(int)
            if not self.sparse:
                return labels
            from scipy.sparse import csr_matrix

            return csr_matrix(labels)
        if len(self.classes) == 1:
            return np.repeat(self.classes, len(o))
        return self.classes[o.argmax(axis=1) if o.shape[1] > 1 else (o[:, 0] > 0.5).astype(np.intp)]

    def probabilities(self, o: Floats) -> Floats:
        """(N, classes): for two classes (1 − o, o); rows sum to 1 unless y was multilabel."""
        if len(self.classes) == 1:
            return np.ones((len(o), 1), o.dtype)
        if o.shape[1] == 1:
            return np.column_stack([1 - o[:, 0], o[:, 0]])
        if self.kind == "multilabel":
            return o
        exact = o.astype(np.float64)
        return (exact / exact.sum(axis=1, keepdims=True)).astype(o.dtype)


def accuracy(o: Floats, D: Floats, s: Floats | None, exclusive: bool) -> float:
    """The (weighted) share of rows whose labels are all right; nan where an output is not finite.

    exclusive: whether the largest output of a row names its class, or each output above ½ names a label.
    """
    if not np.isfinite(o).all():
        return float("nan")
    right = o.argmax(axis=1) == D.argmax(axis=1) if exclusive else ((o > 0.5) == (D > 0.5)).all(axis=1)
    return float(right.mean() if s is None else s @ right / s.sum())


def determination(o: Floats, D: Floats, s: Floats | None) -> float:
    """R² = 1 − Σ s (d − o)²/Σ s (d − d̄)², averaged over the outputs; nan where an output is not finite."""
    if not np.isfinite(o).all():
        return float("nan")
    weights = np.ones(len(D)) if s is None else s.astype(np.float64, copy=False)
    d = D.astype(np.float64, copy=False)
    rest = weights @ (d - o) ** 2
    total = weights @ (d - weights @ d / weights.sum()) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.where(total > 0, 1 - rest / total, np.where(rest > 0, 0.0, 1.0)).mean())

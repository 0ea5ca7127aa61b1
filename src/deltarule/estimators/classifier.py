"""MLPClassifier: classes and their probabilities from rows."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from deltarule.equations.losses import LOSSES, Loss
from deltarule.errors import InputError
from deltarule.estimators.parameters import documented
from deltarule.estimators.perceptron import Perceptron, steps_only
from deltarule.estimators.refitting import whole_or_not_at_all
from deltarule.estimators.targets import Classes, accuracy

Floats = NDArray[np.floating]


@documented
class MLPClassifier(ClassifierMixin, Perceptron):
    """A dense network for classes, with scikit-learn's interface: E = −(1/Σs) Σ_n s_n ln p_n(d_n) + (alpha/2Σs) Σ w².

    Two classes have one logistic output, more have softmax; with several labels a row each has a logistic output.

    Attributes (fitted): classes_, coefs_, intercepts_, loss_, best_loss_, loss_curve_, validation_scores_,
    best_validation_score_, validation_loss_curve_, t_, n_iter_, n_layers_, n_outputs_, out_activation_, n_features_in_,
    feature_names_in_, network_, history_; outcome_, how the fit ended, by name, and outcome_message_, in a sentence;
    solver_reason_, why solver='auto' chose the one that ran (else '').

    >>> from sklearn.datasets import load_breast_cancer
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = MLPClassifier((8,), random_state=0, max_iter=1000).fit((X - X.mean(0)) / X.std(0), y)
    >>> bool(model.score((X - X.mean(0)) / X.std(0), y) > 0.98)
    True
    """

    loss: Any = "log_loss"  # as scikit-learn's has it: no parameter

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: Any = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: Any = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        hidden_activation: Any = None,
        output_activation: str | None = None,
        start: str | None = None,
        scale: bool | None = None,
        class_weight: Any = None,
        l1: float = 0.0,
        dropout: Any = 0.0,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        scoring: Any = None,
        restarts: int = 1,
        committee: bool | str = False,
        threads: int | None = None,
        budget: float | None = None,
    ) -> None:
        self._set(locals())

    @steps_only
    @whole_or_not_at_all
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """One epoch over these rows; the first call must name all classes that can come."""
        if not hasattr(self, "classes_"):
            if classes is None:
                raise InputError("classes must be passed on the first call to partial_fit.")
            self._labels = Classes(y, classes)
            self.classes_ = self._labels.classes
        elif classes is not None and not np.array_equal(self.classes_, np.unique(classes)):
            raise InputError(
                f"`classes={classes!r}` is not the same as on last call to partial_fit, was: {self.classes_!r}"
            )
        return self._partial(X, y, sample_weight)

    def predict(self, X: Any) -> NDArray[Any]:
        """The class of each row (N,), or zeros and ones (N, labels) where y was multilabel."""
        return self._shown(self._outputs(X))

    def predict_proba(self, X: Any) -> Floats:
        """(N, classes): the probability of each class, in the order of classes_.

        >>> X = np.array([[0.0], [1.0], [2.0], [3.0]]); y = ["low", "low", "high", "high"]
        >>> model = MLPClassifier((), solver="lbfgs", random_state=0).fit(X, y)
        >>> model.classes_.tolist(), (model.predict_proba(X)[:, 0] > 0.5).tolist()
        (['high', 'low'], [False, False, True, True])
        """
        return self._labels_checked().probabilities(self._outputs(X))

    def predict_log_proba(self, X: Any) -> Floats:
        """ln of predict_proba; −∞ where that is 0."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _labels_checked(self) -> Classes:
        if not hasattr(self, "coefs_"):
            check_is_fitted(self)
        return self._labels

    def _row_weights(self, y: Any, s: Floats | None) -> Floats | None:
        from sklearn.utils.class_weight import compute_sample_weight

        if self.class_weight is None:
            return s
        own = compute_sample_weight(self.class_weight, y)
        return own if s is None else own * s

    def _encode(self, y: Any, dtype: Any, first: bool, incremental: bool) -> Floats:
        if (first and not incremental) or not hasattr(self, "classes_"):
            self._labels = Classes(y)
            self.classes_ = self._labels.classes
        else:
            self._labels.check(y, all_of_them=self.warm_start and not incremental)
        return self._labels.encode(y, dtype)

    def _loss(self, spread: float = 1.0) -> Loss:
        return LOSSES["cross_entropy" if self._output() == "softmax" else "binary_cross_entropy"]

    def _output(self) -> str:
        return self.output_activation or self._labels.natural_output

    def _target_scaling(self, D: Floats) -> tuple[bool, bool, tuple[float, float] | None]:
        return False, False, None

    def _shown(self, o: Floats) -> Any:
        return self._labels_checked().decode(o)

    def _row_score(self, o: Floats, D: Floats, s: Floats | None) -> float:
        return accuracy(o, D, s, exclusive=self._labels.kind == "multiclass")

    def _outputs_named(self) -> tuple[list[str], list[str] | None]:
        labels = self._labels_checked()
        names = [str(label) for label in labels.classes]
        if labels.kind != "multilabel" and len(names) == 1:
            raise InputError(
                f"this classifier was fitted on rows of one class and always answers {names[0]!r}: there is no formula "
                "to write, fit it on two classes or more"
            )
        return (names, None) if labels.kind == "multilabel" else (["class"], names)

    def _take_over(self, fitted: Any) -> None:
        super()._take_over(fitted)
        binarizer = fitted._label_binarizer
        multilabel = binarizer.y_type_.startswith("multilabel")
        y = np.eye(len(self.classes_), dtype=int) if multilabel else self.classes_
        self._labels = Classes(csr_matrix(y) if multilabel and binarizer.sparse_input_ else y)

    def _stratify(self, D: Floats) -> Any:
        return D.astype(bool) if D.shape[1] == 1 else None

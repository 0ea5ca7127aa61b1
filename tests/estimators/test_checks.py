"""scikit-learn's own checks of what an estimator is: both classes, each solver, none expected to fail."""

from __future__ import annotations

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from deltarule.estimators import MLPClassifier, MLPRegressor
from deltarule.estimators.parameters import FULL_BATCH_SOLVERS, SKLEARN_SOLVERS

SMALL = {
    "hidden_layer_sizes": (8,),
    "max_iter": 100,
}  # second derivatives of 100 units would only take longer


def estimators(solvers, **settings):
    return [cls(solver=solver, **settings) for cls in (MLPRegressor, MLPClassifier) for solver in solvers]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(estimators(("adam",), max_iter=100), expected_failed_checks={})
def test_every_check_passes_with_the_default_solver(estimator, check):
    check(estimator)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(
    [
        *estimators([solver for solver in SKLEARN_SOLVERS if solver != "adam"], max_iter=100),
        *estimators([*FULL_BATCH_SOLVERS, "auto"], **SMALL),
    ],
    expected_failed_checks={},
)
def test_every_check_passes_with_each_solver(estimator, check):
    check(estimator)

"""scikit-learn's own checks of what an estimator is: both classes, each solver, none expected to fail."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from deltarule.estimators import MLPClassifier, MLPRegressor
from deltarule.estimators.parameters import FULL_BATCH_SOLVERS, SKLEARN_SOLVERS

# second derivatives of 100 units would only take longer
SMALL = {
    "hidden_layer_sizes": (8,),
    "max_iter": 20,
}


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


@pytest.mark.slow
def test_the_check_that_scikit_learn_skips_without_its_switch_passes_too():
    """check_array_api_input asks for an environment variable that SciPy reads when it is imported."""
    script = """
from sklearn.utils.estimator_checks import estimator_checks_generator
from deltarule import MLPClassifier, MLPRegressor
for model in (MLPRegressor(max_iter=100), MLPClassifier(max_iter=100)):
    found = [c for m, c in estimator_checks_generator(model) if "array_api" in str(c)]
    assert found
    for check in found:
        check(model)
"""
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    command = [sys.executable, "-W", "ignore", "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

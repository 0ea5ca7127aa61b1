"""scikit-learn's own tests of its MLP, run from the installed package with the two names replaced by ours.

PRIVATE lists the tests that touch private names of scikit-learn's class, each with the test of ours that says the same.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
import sklearn.neural_network

from deltarule.estimators import MLPClassifier, MLPRegressor

PRIVATE = {
    "test_gradient": "test_contract.test_the_gradient_is_the_difference_quotient",
    "test_learning_rate_warmstart": "test_contract.test_invscaling_goes_on_over_partial_fits",
    "test_n_iter_no_change": "test_contract.test_the_end_comes_after_n_iter_no_change_epochs",
    "test_n_iter_no_change_inf": "test_contract.test_inf_epochs_without_change_never_end_a_fit",
    "test_adaptive_learning_rate": "test_contract.test_adaptive_ends_once_its_rate_is_small",
}


def suite() -> ModuleType:
    """The installed test module, imported while our classes stand in scikit-learn's place."""
    folder = Path(sklearn.neural_network.__file__).parent
    spec = importlib.util.spec_from_file_location("sklearn_mlp_tests", folder / "tests" / "test_mlp.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sklearn.neural_network, "MLPClassifier", MLPClassifier)
        patch.setattr(sklearn.neural_network, "MLPRegressor", MLPRegressor)
        spec.loader.exec_module(module)
    return module


THEIRS = {name: test for name, test in vars(suite()).items() if name.startswith("test_")}
pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.slow]
globals().update({name: test for name, test in THEIRS.items() if name not in PRIVATE})


@pytest.fixture
def global_random_seed() -> int:
    """scikit-learn's fixture."""
    return 42


def test_most_of_the_suite_is_run():
    assert len(THEIRS.keys() - PRIVATE.keys()) >= 37

"""scikit-learn's contract: MLPRegressor and MLPClassifier, for its users' code, pipelines and grids."""

from deltarule.estimators.classifier import MLPClassifier
from deltarule.estimators.regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]

"""deltarule: dense networks trained by gradient descent and backpropagation, every number of it to be seen.

The public names are loaded when they are first used, so that `import deltarule` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deltarule.descent.adaptive import AdaGrad as AdaGrad
    from deltarule.descent.adaptive import Adam as Adam
    from deltarule.descent.adaptive import AdamW as AdamW
    from deltarule.descent.adaptive import NAdam as NAdam
    from deltarule.descent.adaptive import RMSprop as RMSprop
    from deltarule.descent.bfgs import BFGS as BFGS
    from deltarule.descent.conjugate_gradient import ConjugateGradient as ConjugateGradient
    from deltarule.descent.descending import Descent as Descent
    from deltarule.descent.descending import descend as descend
    from deltarule.descent.error_bars import ErrorBars as ErrorBars
    from deltarule.descent.error_bars import error_bars as error_bars
    from deltarule.descent.evidence import Evidence as Evidence
    from deltarule.descent.fitting import Fit as Fit
    from deltarule.descent.fitting import fit_formula as fit_formula
    from deltarule.descent.gauss_newton import GaussNewton as GaussNewton
    from deltarule.descent.gradient import GradientDescent as GradientDescent
    from deltarule.descent.gradient import Momentum as Momentum
    from deltarule.descent.gradient import Nesterov as Nesterov
    from deltarule.descent.lbfgs import LBFGS as LBFGS
    from deltarule.descent.levenberg_marquardt import LevenbergMarquardt as LevenbergMarquardt
    from deltarule.descent.newton import Newton as Newton
    from deltarule.descent.rprop import Rprop as Rprop
    from deltarule.descent.scaled_conjugate_gradient import ScaledConjugateGradient as ScaledConjugateGradient
    from deltarule.descent.schedules import Adaptive as Adaptive
    from deltarule.descent.schedules import Constant as Constant
    from deltarule.descent.schedules import Cosine as Cosine
    from deltarule.descent.schedules import Exponential as Exponential
    from deltarule.descent.schedules import InverseScaling as InverseScaling
    from deltarule.descent.schedules import Plateau as Plateau
    from deltarule.descent.schedules import Steps as Steps
    from deltarule.descent.stopping import Stopping as Stopping
    from deltarule.descent.training import Training as Training
    from deltarule.descent.training import train as train
    from deltarule.equations.losses import Huber as Huber
    from deltarule.equations.losses import Quantile as Quantile
    from deltarule.equations.penalties import L1 as L1
    from deltarule.equations.penalties import L2 as L2
    from deltarule.equations.penalties import Elastic as Elastic
    from deltarule.errors import DeltaruleError as DeltaruleError
    from deltarule.errors import ExpressionError as ExpressionError
    from deltarule.errors import InputError as InputError
    from deltarule.errors import MissingPart as MissingPart
    from deltarule.errors import RunError as RunError
    from deltarule.errors import TableError as TableError
    from deltarule.errors import TooLarge as TooLarge
    from deltarule.errors import UnknownName as UnknownName
    from deltarule.estimators.classifier import MLPClassifier as MLPClassifier
    from deltarule.estimators.regressor import MLPRegressor as MLPRegressor
    from deltarule.health.diagnosis import Diagnosis as Diagnosis
    from deltarule.health.diagnosis import diagnose as diagnose
    from deltarule.health.flow import GradientFlow as GradientFlow
    from deltarule.health.flow import gradient_flow as gradient_flow
    from deltarule.health.measures import Measuring as Measuring
    from deltarule.lecture.check import GradientCheck as GradientCheck
    from deltarule.lecture.check import check_gradient as check_gradient
    from deltarule.lecture.derivation import Derivation as Derivation
    from deltarule.lecture.derivation import derive as derive
    from deltarule.lecture.exercises import Exercise as Exercise
    from deltarule.lecture.marking import Marking as Marking
    from deltarule.network import Network as Network
    from deltarule.runs import load as load

__version__ = "0.1.0"

# public name → the module that holds it
_HOME = {
    "Network": "network",
    "train": "descent.training",
    "Training": "descent.training",
    "descend": "descent.descending",
    "Descent": "descent.descending",
    "fit_formula": "descent.fitting",
    "Fit": "descent.fitting",
    "load": "runs",
    "MLPRegressor": "estimators",
    "MLPClassifier": "estimators",
    "check_gradient": "lecture.check",
    "GradientCheck": "lecture.check",
    "Exercise": "lecture.exercises",
    "Marking": "lecture.marking",
    "derive": "lecture.derivation",
    "Derivation": "lecture.derivation",
    "diagnose": "health.diagnosis",
    "Diagnosis": "health.diagnosis",
    "gradient_flow": "health.flow",
    "GradientFlow": "health.flow",
    "Measuring": "health.measures",
    "GradientDescent": "descent.gradient",
    "Momentum": "descent.gradient",
    "Nesterov": "descent.gradient",
    "AdaGrad": "descent.adaptive",
    "RMSprop": "descent.adaptive",
    "Adam": "descent.adaptive",
    "AdamW": "descent.adaptive",
    "NAdam": "descent.adaptive",
    "BFGS": "descent.bfgs",
    "ConjugateGradient": "descent.conjugate_gradient",
    "Evidence": "descent.evidence",
    "GaussNewton": "descent.gauss_newton",
    "LBFGS": "descent.lbfgs",
    "LevenbergMarquardt": "descent.levenberg_marquardt",
    "Newton": "descent.newton",
    "Rprop": "descent.rprop",
    "ScaledConjugateGradient": "descent.scaled_conjugate_gradient",
    "ErrorBars": "descent.error_bars",
    "error_bars": "descent.error_bars",
    "L2": "equations.penalties",
    "L1": "equations.penalties",
    "Elastic": "equations.penalties",
    "Huber": "equations.losses",
    "Quantile": "equations.losses",
    "Constant": "descent.schedules",
    "InverseScaling": "descent.schedules",
    "Steps": "descent.schedules",
    "Exponential": "descent.schedules",
    "Cosine": "descent.schedules",
    "Plateau": "descent.schedules",
    "Adaptive": "descent.schedules",
    "Stopping": "descent.stopping",
    "DeltaruleError": "errors",
    "InputError": "errors",
    "UnknownName": "errors",
    "ExpressionError": "errors",
    "TableError": "errors",
    "RunError": "errors",
    "TooLarge": "errors",
    "MissingPart": "errors",
}

__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any:
    """The public name, from the module that holds it, kept for the next use."""
    if name not in _HOME:
        raise AttributeError(f"module 'deltarule' has no attribute '{name}'")
    value = getattr(import_module(f"deltarule.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)

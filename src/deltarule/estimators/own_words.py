"""Errors of the floors below, with the estimators' names of what the user can change."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from deltarule.errors import DeltaruleError, retold

NAMES = {"rule=": "solver=", "output=": "output_activation="}
F = TypeVar("F", bound=Callable[..., Any])


def in_own_words(method: F) -> F:
    """The method; an error that says rule= or output= says solver= or output_activation=."""

    @wraps(method)
    def told(*args: Any, **more: Any) -> Any:
        try:
            return method(*args, **more)
        except DeltaruleError as error:
            error.args = (retold(str(error), NAMES),)
            raise

    found: Any = told
    return found

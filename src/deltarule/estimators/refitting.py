"""A fit that fails leaves the estimator as it was: its old weights with their own classes and scalings."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def whole_or_not_at_all(method: F) -> F:
    """The method; where it raises, the estimator has the attributes that it had before."""

    @wraps(method)
    def kept(estimator: Any, *args: Any, **more: Any) -> Any:
        before = dict(vars(estimator))
        try:
            return method(estimator, *args, **more)
        except BaseException:
            vars(estimator).clear()
            vars(estimator).update(before)
            raise

    found: Any = kept
    return found

"""scikit-learn's callbacks (1.9 and later); on earlier versions fit runs without them."""

from __future__ import annotations

from typing import Any

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks  # pyright: ignore[reportAssignmentType]
except ImportError:

    class CallbackSupportMixin:  # pyright: ignore[reportRedeclaration]
        """Stands in where scikit-learn has no callbacks."""

    def with_callbacks(method: Any) -> Any:
        """The method as it is."""
        return method


def begin(estimator: Any, tasks: int, data: dict[str, Any]) -> Any:
    """The context of this fit, its callbacks told of the beginning; None where there are none."""
    if not hasattr(estimator, "_init_callback_context"):
        return None
    context = estimator._init_callback_context(max_subtasks=tasks)
    if not (getattr(estimator, "_skl_callbacks", None) or hasattr(estimator, "_parent_callback_ctx")):
        return None
    context.call_on_fit_task_begin(estimator=estimator, **data)
    return context


__all__ = ["CallbackSupportMixin", "begin", "with_callbacks"]

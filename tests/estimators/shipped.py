"""The tables that scikit-learn ships, as X and y."""

from __future__ import annotations

from typing import Any

from sklearn import datasets


def shipped(name: str, **how: Any) -> Any:
    """X and y of `load_name`."""
    return getattr(datasets, f"load_{name}")(return_X_y=True, **how)


def standard(X: Any) -> Any:
    """Columns of mean 0 and deviation 1."""
    return (X - X.mean(0)) / X.std(0)

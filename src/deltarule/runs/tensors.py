"""Weights as safetensors: no pickle, nothing is executed when a file is opened."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import RunError

Arrays = dict[str, NDArray[np.floating]]


def to_bytes(arrays: Mapping[str, NDArray[np.floating]], about: Mapping[str, str] | None = None) -> bytes:
    """Named arrays as a safetensors file.

    >>> import numpy as np
    >>> W = np.arange(6.0).reshape(2, 3).T
    >>> bool((from_bytes(to_bytes({"W": W}), "W.safetensors")["W"] == W).all())
    True
    """
    from safetensors.numpy import save

    # safetensors 0.8.0 stores transposed and Fortran-ordered arrays wrongly, without a word
    plain = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    return save(plain, metadata=dict(about) if about else None)


def from_bytes(data: bytes, name: str) -> Arrays:
    """The arrays of a safetensors file; `name` is for the error's sentence."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        return load(data)
    except SafetensorError as error:
        raise RunError(f"'{name}' is not a safetensors file ({error}): the run is damaged, train it again") from None

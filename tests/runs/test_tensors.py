"""Weights survive the disk bit for bit, whatever their memory order."""

from __future__ import annotations

import numpy as np
import pytest

from deltarule.errors import RunError
from deltarule.runs.tensors import from_bytes, to_bytes

W = np.random.default_rng(0).normal(size=(4, 6))
ORDERS = {
    "C order": W,
    "Fortran order": np.asfortranarray(W),
    "transposed": W.T,
    "every second column": W[:, ::2],
    "backwards": W[::-1],
    "float32, Fortran order": np.asfortranarray(W.astype(np.float32)),
    "one element": W[:1, :1],
    "none": W[:0],
}


@pytest.mark.parametrize("name", ORDERS)
def test_arrays_come_back_bit_for_bit(name: str) -> None:
    array = ORDERS[name]
    back = from_bytes(to_bytes({"W": array}), "model")["W"]
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert back.tobytes() == np.ascontiguousarray(array).tobytes()


@pytest.mark.parametrize("data", [b"", b"junk", b"\xff" * 100, to_bytes({"W": W})[:-8]], ids=["empty", "junk", "ones", "cut short"])
def test_what_is_no_safetensors_file_is_said(data: bytes) -> None:
    with pytest.raises(RunError, match="not a safetensors file"):
        from_bytes(data, "model.safetensors")

"""Weights survive the disk bit for bit, whatever their memory order; a file that is not ours is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save as pack

from deltarule.equations.shape import Shape
from deltarule.errors import RunError
from deltarule.network import Network
from deltarule.network_file import from_bytes, to_bytes

SHAPE = Shape((2, 3, 1), ("tanh", "identity"))
WIDE = np.random.default_rng(0).normal(size=(SHAPE.size, 4))
ORDERS = {
    "in order": WIDE[:, 0].copy(),
    "a column of a C array": WIDE[:, 1],
    "a row of a Fortran array": np.asfortranarray(WIDE.T)[2],
    "every second element": np.repeat(WIDE[:, 0], 2)[::2],
    "backwards": WIDE[::-1, 0],
    "float32": WIDE[:, 0].astype(np.float32),
}


@pytest.mark.parametrize("name", ORDERS)
def test_theta_comes_back_bit_for_bit(name: str) -> None:
    theta = ORDERS[name]
    shape, back = from_bytes(to_bytes(SHAPE, theta), "model")
    assert shape == SHAPE
    assert back.dtype == theta.dtype
    assert back.tobytes() == theta.tobytes()


def test_a_network_is_saved_and_loaded(tmp_path: Path) -> None:
    network = Network([2, 3, 1], output="logistic", seed=4)
    network.save(tmp_path / "net")
    assert (Network.load(tmp_path / "net").theta == network.theta).all()
    assert Network.load(tmp_path / "net").shape == network.shape
    with pytest.raises(RunError, match="exists and is left as it is"):
        network.save(tmp_path / "net")
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "network.safetensors").symlink_to(tmp_path / "gone")
    with pytest.raises(RunError, match="exists"):
        network.save(tmp_path / "link")
    with pytest.raises(RunError, match=r"holds no network\.safetensors"):
        Network.load(tmp_path)


WHOLE = to_bytes(SHAPE, ORDERS["in order"])
BROKEN = {
    "empty": b"",
    "junk": b"junk",
    "ones": b"\xff" * 100,
    "cut short": WHOLE[:-8],
    "not ours": pack({"theta": np.zeros(3)}),
    "other tensors": pack({"W": np.zeros(3)}, metadata={"deltarule_network": "{}"}),
    "wrong length": pack(
        {"theta": np.zeros(3)},
        metadata={"deltarule_network": '{"sizes": [2, 2], "activations": ["tanh"], "bias": true}'},
    ),
    "whole numbers": pack(
        {"theta": np.arange(6)},
        metadata={"deltarule_network": '{"sizes": [2, 2], "activations": ["tanh"], "bias": true}'},
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_network_file_is_said(name: str) -> None:
    with pytest.raises(RunError, match="'model' (is not a network that deltarule wrote|holds)"):
        from_bytes(BROKEN[name], "model")

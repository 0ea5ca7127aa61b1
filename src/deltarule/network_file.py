"""A network as a file: safetensors, θ as `theta`, its shape in the metadata; no pickle, nothing is run on opening."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deltarule.equations.shape import Shape
from deltarule.errors import RunError
from deltarule.whole_file import made_folder, whole_file

NAME = "network.safetensors"
_SHAPE = "deltarule_network"


def to_bytes(shape: Shape, theta: NDArray[np.floating]) -> bytes:
    """The file's content.

    >>> shape, theta = from_bytes(to_bytes(Shape((2, 1), ("tanh",)), np.arange(3.0)), "a network")
    >>> shape.sizes, theta.tolist()
    ((2, 1), [0.0, 1.0, 2.0])
    """
    from safetensors.numpy import save as pack

    about = {"sizes": shape.sizes, "activations": shape.activations, "bias": shape.bias}
    # safetensors 0.8.0 stores Fortran-ordered and strided arrays wrongly, without a word
    return pack({"theta": np.ascontiguousarray(theta)}, metadata={_SHAPE: json.dumps(about)})


def from_bytes(data: bytes, name: str) -> tuple[Shape, NDArray[np.floating]]:
    """The shape and θ of such content; `name` is what the error's sentence calls it."""
    from safetensors import SafetensorError
    from safetensors.numpy import load as unpack

    try:
        theta = unpack(data)["theta"]
        # a safetensors file opens with its header's length and the header
        length = int.from_bytes(data[:8], "little")
        about = json.loads(json.loads(data[8 : 8 + length])["__metadata__"][_SHAPE])
        shape = Shape(tuple(about["sizes"]), tuple(about["activations"]), about["bias"])
    except (SafetensorError, KeyError, ValueError, TypeError) as fault:
        raise RunError(f"'{name}' is not a network that deltarule wrote ({fault})") from None
    if theta.shape != (shape.size,) or theta.dtype not in (np.float32, np.float64):
        raise RunError(
            f"'{name}' holds {theta.dtype} {theta.shape}, its sizes {list(shape.sizes)} need ({shape.size},) "
            "floats: the file is damaged"
        )
    return shape, theta


def save(shape: Shape, theta: NDArray[np.floating], folder: Path, force: bool) -> Path:
    """Writes folder/network.safetensors under a temporary name, then renames it; replaces one only with force."""
    path = folder / NAME
    made_folder(folder)
    with whole_file(path, force) as unfinished:
        unfinished.write_bytes(to_bytes(shape, theta))
    return path


def load(folder: Path) -> tuple[Shape, NDArray[np.floating]]:
    """The shape and θ that `save` wrote."""
    path = folder / NAME
    try:
        data = path.read_bytes()
    except OSError:
        raise RunError(f"'{folder}' holds no {NAME}: give the folder that network.save wrote") from None
    return from_bytes(data, str(path))

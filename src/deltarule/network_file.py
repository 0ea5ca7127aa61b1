"""A network on disk: one safetensors file in a folder, θ as `theta` and its shape in the metadata; no pickle."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deltarule.equations.shape import Shape
from deltarule.errors import RunError

NAME = "network.safetensors"


def save(shape: Shape, theta: NDArray[np.floating], folder: Path, force: bool) -> Path:
    """Writes folder/network.safetensors under a temporary name, then renames it; refuses to replace one without force."""
    from safetensors.numpy import save as to_bytes

    path = folder / NAME
    if path.exists() and not force:
        raise RunError(f"'{path}' exists: choose another folder, or replace it with force=True")
    about = {"sizes": shape.sizes, "activations": shape.activations, "bias": shape.bias}
    data = to_bytes({"theta": np.ascontiguousarray(theta)}, metadata={"deltarule_network": json.dumps(about)})
    temporary = folder / f".{NAME}.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as fault:
        temporary.unlink(missing_ok=True)
        raise RunError(f"the network could not be written to '{path}': {fault.strerror or fault}") from None
    return path


def load(folder: Path) -> tuple[Shape, NDArray[np.floating]]:
    """The shape and θ that `save` wrote."""
    from safetensors import SafetensorError, safe_open

    path = folder / NAME
    try:
        with safe_open(path, framework="numpy") as file:
            about = json.loads((file.metadata() or {})["deltarule_network"])
            shape = Shape(tuple(about["sizes"]), tuple(about["activations"]), about["bias"])
            return shape, file.get_tensor("theta")
    except FileNotFoundError:
        raise RunError(f"'{folder}' holds no {NAME}: give the folder that network.save wrote") from None
    except (SafetensorError, KeyError, ValueError, TypeError) as fault:
        raise RunError(f"'{path}' is not a network that deltarule wrote ({fault})") from None

"""Where a training by a first-order rule stands, so that it goes on as if it had never been interrupted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deltarule.descent.history import History
from deltarule.objectives.objective import State

Floats = NDArray[np.floating]
ARRAYS = ("theta", "memory", "order")
_WHERE = "deltarule_checkpoint"


@dataclass(frozen=True)
class Checkpoint:
    """All that `train(…, resume=checkpoint)` needs besides the same network, data and settings.

    state : θ, the rule's memory, the order of the samples, the random generator, and what the running epoch added up.
    history : of the epochs that are over.  best : θ of the lowest validation error, where there were validation rows.

    >>> from deltarule import Network, Stopping, train
    >>> X = np.linspace(-1, 1, 40)[:, None]; D = X**2
    >>> network, settings = Network([1, 5, 1]), {"rule": "adam", "epochs": 9}
    >>> whole = train(network, X, D, **settings)
    >>> half = train(network, X, D, stopping=Stopping(steps=7), **settings)
    >>> both = train(network, X, D, resume=half.checkpoint, **settings)
    >>> both.network.theta.tobytes() == whole.network.theta.tobytes()
    True
    """

    state: State
    history: History
    best: Floats | None

    def epochs(self) -> Iterator[tuple[float, float, float | None]]:
        """Each epoch's error + penalty, gradient norm and validation error, as the loop had them."""
        if not len(self.history):
            return
        norms = np.linalg.norm(self.history.gradient_norm, axis=1)
        rows = zip(self.history.objective, norms, self.history.validation_error, strict=True)
        for objective, norm, validation in rows:
            yield float(objective), float(norm), None if np.isnan(validation) else float(validation)

    @property
    def lowest(self) -> float:
        """The lowest validation error so far; ∞ where there was none."""
        known = self.history.validation_error
        return float(np.nanmin(known)) if np.isfinite(known).any() else np.inf

    def to_bytes(self) -> bytes:
        """The state as safetensors; history and best weights have files of their own."""
        from safetensors.numpy import save

        scalars = {
            f.name: getattr(self.state, f.name) for f in fields(State) if f.name not in (*ARRAYS, "search")
        }
        arrays = {name: np.ascontiguousarray(getattr(self.state, name)) for name in ARRAYS}
        return save(arrays, metadata={_WHERE: json.dumps(scalars)})

    @classmethod
    def from_bytes(cls, data: bytes, history: History, kept: Floats) -> Checkpoint:
        """The checkpoint of a training whose history and kept weights are known."""
        from safetensors.numpy import load

        length = int.from_bytes(data[:8], "little")
        scalars: dict[str, Any] = json.loads(json.loads(data[8 : 8 + length])["__metadata__"][_WHERE])
        arrays = {name: np.array(values) for name, values in load(data).items()}
        found = cls(State(**arrays, **scalars), history, None)
        return replace(found, best=kept.copy()) if np.isfinite(found.lowest) else found

"""How one training goes: what was heard of it so far, thinned, so that a page opened later sees the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MOST = 3000  # points of a curve; past it every second one is let go
OVER = ("done", "failed")
CURVES = ("epoch", "error", "objective", "log_score", "validation")  # as `telling.curve` gives them


@dataclass
class Course:
    """A job and its curves. state : starting, running, saving, stopping, done or failed."""

    number: int
    kind: str
    title: str
    run: str
    command: str = ""
    state: str = "starting"
    progress: dict[str, Any] = field(default_factory=dict)
    starts: list[dict[str, Any]] = field(default_factory=list)
    result: dict[str, Any] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Whether nothing more will be heard of it."""
        return self.state in OVER

    def heard(self, message: dict[str, Any]) -> None:
        """Takes in a message of the training process."""
        what = message["what"]
        if what == "start":
            curves: dict[str, list[Any]] = {name: [] for name in CURVES}
            self.starts.append({"sizes": message["sizes"], "of": message["of"], "gradient": [], **curves})
        if what in ("start", "epochs") and self.state == "starting":
            self.state = "running"
        elif what == "epochs":
            pass
        elif what in ("saving", "stopping", *OVER):
            self.state = what
        if what == "epochs":
            self.progress = {name: message[name] for name in ("done", "of", "seconds", "left")}
            self._extend(self.starts[-1], message)
        if self.over:
            self.result = {name: value for name, value in message.items() if name != "what"}

    def told(self) -> dict[str, Any]:
        """Everything so far."""
        return {
            "what": "course",
            "number": self.number,
            "kind": self.kind,
            "title": self.title,
            "run": self.run,
            "command": self.command,
            "state": self.state,
            "progress": self.progress,
            "starts": self.starts,
            "result": self.result,
        }

    def _extend(self, start: dict[str, Any], message: dict[str, Any]) -> None:
        if "epoch" not in message:
            return
        for name in CURVES:
            start[name] += message[name]
        layers = message["gradient"]
        start["gradient"] = [
            before + after
            for before, after in zip(start["gradient"] or [[] for _ in layers], layers, strict=True)
        ]
        if len(start["epoch"]) > MOST:
            for name in CURVES:
                start[name] = start[name][::2]
            start["gradient"] = [layer[::2] for layer in start["gradient"]]

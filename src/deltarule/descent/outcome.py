"""How a training ended, by name, with a sentence for a person."""

from __future__ import annotations

from dataclasses import dataclass

OUTCOMES: dict[str, str] = {
    "converged": "the error no longer falls by more than the tolerance, or the gradient is smaller than asked for",
    "step_limit": "all the epochs or steps asked for were run",
    "stopped_early": "the validation error stopped falling; the weights of its lowest point were kept",
    "time_limit": "the time asked for was used up",
    "stuck": "no step lowers the error any further",
    "diverged": "the error was no longer a finite number; the last finite weights were kept: try a smaller "
    "learning rate or clipping",
    "interrupted": "it was interrupted; the weights reached were kept",
}
LOWEST_KEPT = "it was interrupted; the weights of the validation error's lowest point were kept"


@dataclass(frozen=True)
class Outcome:
    """name (a key of OUTCOMES), the step at which it came, and message, a sentence for a person.

    >>> Outcome.of("step_limit", 40).name
    'step_limit'
    """

    name: str
    step: int
    message: str

    @classmethod
    def of(cls, name: str, step: int, message: str | None = None) -> Outcome:
        """The outcome of that name, with its usual sentence unless another is given."""
        return cls(name, step, message or OUTCOMES[name])

    @classmethod
    def interrupted(cls, step: int, judged: bool) -> Outcome:
        """Ended from outside; judged: whether validation rows say which weights are kept."""
        return cls.of("interrupted", step, LOWEST_KEPT if judged else None)

    def __str__(self) -> str:
        return f"{self.name} at step {self.step}: {self.message}"

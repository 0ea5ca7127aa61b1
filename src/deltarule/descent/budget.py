"""A budget of seconds, shared out over the networks that are still to be trained."""

from __future__ import annotations

from deltarule.kernels.working_time import working_time


class Budget:
    """Seconds for everything, from now on; None for no limit.

    >>> half = Budget(60.0).share(2)
    >>> 29.0 < half <= 30.0, Budget(None).share(2)
    (True, None)
    """

    def __init__(self, seconds: float | None) -> None:
        self.until = None if seconds is None else working_time() + seconds

    def share(self, networks: int) -> float | None:
        """Seconds for the next of so many networks, above 0; None where there is no limit."""
        return None if self.until is None else max(self.until - working_time(), 1e-3) / networks

"""Two formulas proved equal by SymPy in a process of its own, which is killed when its time is over.

Run as a module this file is that process: it reads one line of JSON, answers one line, and goes on.
"""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
import threading
import time
from queue import Empty, Queue

from deltarule.equations.losses import loss as find_loss
from deltarule.equations.penalties import Penalty
from deltarule.equations.shape import Shape


class Prover:
    """A SymPy process, started when first asked and kept; a question that takes too long ends it.

    >>> shape = Shape((2, 2, 1), ("logistic", "logistic"), bias=False)
    >>> prover = Prover()
    >>> prover.equal(shape, "S'(net_n1^(0,1))", "y_n1 - y_n1^2", seconds=60)
    True
    >>> prover.close()
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._lines: Queue[str] = Queue()
        self._listener: threading.Thread | None = None
        atexit.register(self.close)

    def equal(self, shape: Shape, left: str, right: str, seconds: float = 1.5) -> bool | None:
        """Whether left − right is 0 in normal form: True, False, or None where the time did not suffice."""
        end = time.monotonic() + seconds
        question = {
            "sizes": shape.sizes,
            "activations": shape.activations,
            "bias": shape.bias,
            "left": left,
            "right": right,
        }
        try:
            process = self._started()
            assert process.stdin is not None
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
            answer = self._lines.get(timeout=max(end - time.monotonic(), 0.0))
        except (Empty, OSError):
            self.close()
            return None
        return {"equal": True, "different": False}.get(answer.strip())

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            lines: Queue[str] = Queue()
            self._lines = lines
            process = subprocess.Popen(
                [sys.executable, "-m", "deltarule.lecture.proving"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
            )
            stdout = process.stdout
            assert stdout is not None

            def listen() -> None:
                for line in stdout:
                    lines.put(line)

            self._listener = threading.Thread(target=listen, daemon=True)
            self._listener.start()
            self._process = process
        return self._process

    def close(self) -> None:
        """Ends the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            if self._listener is not None:
                self._listener.join()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()


def answer(line: str) -> str:
    """equal, different or unknown, for one question."""
    from deltarule.lecture.answers import read_answer
    from deltarule.lecture.proof import Unfolded, is_zero

    question = json.loads(line)
    shape = Shape(tuple(question["sizes"]), tuple(question["activations"]), question["bias"])
    world = Unfolded(shape, find_loss("mse"), Penalty(), rows=1)
    try:
        left, right = (world.write(read_answer(question[side], shape).node, 1) for side in ("left", "right"))
        return "equal" if is_zero(left - right) else "different"
    except Exception:  # whatever SymPy makes of it, the numbers have already decided
        return "unknown"


if __name__ == "__main__":
    for question in sys.stdin:
        print(answer(question), flush=True)

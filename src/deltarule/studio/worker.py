"""The process that trains, one job after the other: jobs come as lines of JSON, and what happens goes back so.

    in    {"do": "train", "settings": {…}, "folder": "cars-run"}   {"do": "resume", …}   {"do": "try", …}
          {"do": "stop"}
    out   {"what": "ready"}   {"what": "start"}   {"what": "epochs"}   {"what": "done"}   {"what": "failed"}

A process of its own has a main thread, where Stop ends a training just as Ctrl-C does on the command line; when the
studio goes away, its end of the line closes, and the training is stopped and saved likewise.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any, TextIO

from deltarule.errors import DeltaruleError, sentence_of

Tell = Callable[[dict[str, Any]], None]


def main() -> None:
    """Works until the line closes."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs inherit it ignored
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints goes to the terminal
    jobs: queue.Queue[dict[str, Any] | None] = queue.Queue()
    stop = threading.Event()
    threading.Thread(target=_listen, args=(jobs, stop), daemon=True).start()
    from deltarule.json_values import finite
    from deltarule.studio import jobs as known

    def tell(message: dict[str, Any]) -> None:
        _write(out, finite(message))

    tell({"what": "ready"})
    while (job := jobs.get()) is not None:
        _work(known.JOBS[job.pop("do")], job, tell, stop)


def _listen(jobs: queue.Queue[dict[str, Any] | None], stop: threading.Event) -> None:
    for line in sys.stdin:
        job = json.loads(line)
        if job["do"] == "stop":
            stop.set()
        else:
            stop.clear()  # here, where it is known which came first
            jobs.put(job)
    stop.set()
    jobs.put(None)


def _work(do: Callable[..., dict[str, Any]], job: dict[str, Any], tell: Tell, stop: threading.Event) -> None:
    try:
        tell({"what": "done", **do(tell=tell, stop=stop, **job)})
    except KeyboardInterrupt:
        tell({"what": "failed", "error": "stopped before there was anything to keep"})
    except (DeltaruleError, MemoryError, OSError) as fault:
        tell({"what": "failed", "error": sentence_of(fault)})
    except Exception as fault:
        sys.excepthook(type(fault), fault, fault.__traceback__)
        tell({"what": "failed", "error": f"a fault, which the terminal shows: {type(fault).__name__}"})


def _write(out: TextIO, message: dict[str, Any]) -> None:
    try:
        out.write(json.dumps(message, ensure_ascii=True, allow_nan=False) + "\n")
        out.flush()
    except BrokenPipeError:  # nobody listens any more: what is trained is saved all the same
        pass


if __name__ == "__main__":
    main()

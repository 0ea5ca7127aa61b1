"""One rival with one number of threads in a process of its own: reads workload numbers and epochs, answers seconds.

prepare 3      → seconds to import, build and compile (first epoch included)
run 20         → seconds of twenty epochs
"""

from __future__ import annotations

import os
import sys
import time


def main(rival: str, threads: int) -> None:
    from benchmarks.rivals import RIVALS
    from benchmarks.workloads import WORKLOADS

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints goes to stderr
    run = None
    for line in sys.stdin:
        word, number = line.split()
        began = time.perf_counter()
        if word == "prepare":
            run = RIVALS[rival](WORKLOADS[int(number)], threads)
            run(1)
        elif run is not None:
            run(int(number))
        print(time.perf_counter() - began, file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

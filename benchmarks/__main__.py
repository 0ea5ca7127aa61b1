"""`make bench`: deltarule beside PyTorch, JAX and scikit-learn, in turns, each at its best of one and all cores.

Prints one table; writes benchmarks/results.json and docs/_static/benchmark.svg. Every figure is a median over rounds in
which all take turns, so that a busy moment of the machine falls on all alike. Compile and import times stand apart.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import ceiling, cores, extras, picture
from benchmarks.picture import digits
from benchmarks.rivals import RIVALS
from benchmarks.workloads import WORKLOADS, Workload

TARGET_SECONDS, LEAST_STEPS = 0.8, 64  # of one turn: what a call costs once is not what a step costs
DOCS = Path(__file__).parent.parent / "docs"


class Worker:
    """A rival's process."""

    def __init__(self, rival: str, threads: int) -> None:
        self.rival, self.threads = rival, threads
        one = {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
        many = "true" if threads > 1 else "false"
        flags = f"--xla_cpu_multi_thread_eigen={many} intra_op_parallelism_threads={threads}"
        environment = {
            **os.environ,
            **one,
            "XLA_FLAGS": flags,
            "JAX_PLATFORMS": "cpu",
            "PYTHONWARNINGS": "ignore",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", rival, str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        self.epochs = 1

    def ask(self, word: str, number: int) -> float:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{word} {number}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.rival} with {self.threads} threads ended")
        return float(answer)

    def prepare(self, index: int) -> float:
        """Seconds to the end of the first epoch; then how many epochs make a turn."""
        first = self.ask("prepare", index)
        self.epochs, took = 4, self.ask("run", 4)
        while took < TARGET_SECONDS / 4:  # too short to tell from what a call costs once
            self.epochs *= 2
            took = self.ask("run", self.epochs)
        least = max(4, -(-LEAST_STEPS // WORKLOADS[index].steps))
        self.epochs = max(least, int(self.epochs * TARGET_SECONDS / took))
        return first

    def turn(self, steps: int) -> float:
        """Seconds a step."""
        return self.ask("run", self.epochs) / (self.epochs * steps)

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


@contextmanager
def one_core_taken() -> Iterator[None]:
    """While another process keeps one core busy."""
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        busy.kill()
        busy.wait()


def measure(index: int, work: Workload, rounds: int, many: int) -> dict[str, Any]:
    """Medians of one workload."""
    workers = [Worker(rival, threads) for rival in RIVALS for threads in sorted({1, many})]
    try:
        first = {f"{w.rival} {w.threads}": w.prepare(index) for w in workers}
        turns: dict[str, list[float]] = {key: [] for key in first}
        ceilings: list[tuple[float, float]] = []
        apart: list[float] = []
        for _ in range(rounds):
            for worker in workers:
                turns[f"{worker.rival} {worker.threads}"].append(worker.turn(work.steps))
                if many > 1:
                    apart.append(cores.measure())
            ceilings.append((ceiling.measure("float32", 1, 0.05), ceiling.measure("float32", many, 0.05)))
        with one_core_taken():
            ours = next(w for w in workers if (w.rival, w.threads) == ("deltarule", many))
            taken = [ours.turn(work.steps) for _ in range(max(3, rounds // 2))]
    finally:
        for worker in workers:
            worker.close()
    seconds = {key: median(values) for key, values in turns.items()}
    best = {rival: min(seconds[key] for key in seconds if key.rsplit(" ", 1)[0] == rival) for rival in RIVALS}
    threads = min(sorted({1, many}), key=lambda t: seconds[f"deltarule {t}"])
    return {
        "name": work.name, "microseconds": {rival: 1e6 * t for rival, t in best.items()}, "threads": threads,
        "fastest_microseconds": {key: 1e6 * min(values) for key, values in turns.items()},
        "slowed": median(taken) / seconds[f"deltarule {many}"],
        "ratio": {rival: best[rival] / best["deltarule"] for rival in RIVALS if rival != "deltarule"},
        "gflops": work.flops / best["deltarule"] / 1e9, "ceilings": ceilings, "apart": apart,
        "alone": work.flops < 3e6,  # one thread answers: it is judged by one core's ceiling
        "first_seconds": first,
    }  # fmt: skip


def judge(rows: list[dict[str, Any]]) -> None:
    """Each row's share of the ceiling: the highest that one core, or all of them, reached in the whole run."""
    one, all_cores = (max(c[n] for row in rows for c in row["ceilings"]) for n in (0, 1))
    for row in rows:
        row["ceiling"] = one if row["alone"] else all_cores
        row["share"] = row["gflops"] / row["ceiling"]


def table(rows: list[dict[str, Any]]) -> str:
    """The table that is printed, and that the documentation shows."""
    lines = [
        "| workload | deltarule, µs a step | JAX | PyTorch | scikit-learn | share of the FMA ceiling "
        "| one core taken |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        ratio = row["ratio"]
        lines.append(
            f"| {row['name']} | {digits(row['microseconds']['deltarule'], 4)} "
            f"| {digits(ratio['JAX'])}x | {digits(ratio['PyTorch'])}x | {digits(ratio['scikit-learn'])}x "
            f"| {100 * row['share']:.0f} % | {row['slowed']:.2f}x |"
        )
    return "\n".join(lines)


def put_table(text: str, page: Path) -> None:
    """Puts the table between the page's two marks."""
    start, end = "<!-- table -->\n", "<!-- end of table -->"
    before, rest = page.read_text(encoding="utf-8").split(start)
    after = rest.split(end)[1]
    page.write_text(f"{before}{start}\n{text}\n\n{end}{after}", encoding="utf-8")


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m benchmarks", description="deltarule beside its rivals")
    words.add_argument("--rounds", type=int, default=9, help="turns of everyone, for each workload")
    words.add_argument("--only", type=int, nargs="*", help="numbers of workloads")
    words.add_argument("--out", type=Path, default=Path(__file__).parent / "results.json")
    given = words.parse_args()
    many = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    many = min(many, 2)
    rows = []
    for index, work in enumerate(WORKLOADS):
        if given.only is None or index in given.only:
            rows.append(measure(index, work, given.rounds, many))
            judge(rows)
            print(table(rows[-1:]).splitlines()[-1], file=sys.stderr, flush=True)
    found = {
        "processor": platform.processor() or platform.machine(),
        "threads": [1, many],
        "rows": rows,
        **extras.measure(),
    }
    print(table(rows))
    print(extras.text(found))
    given.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if given.only is None:
        put_table(f"{table(rows)}\n\n{extras.text(found)}", DOCS / "speed.md")
        picture.draw(rows, DOCS / "_static" / "benchmark.svg")


if __name__ == "__main__":
    main()

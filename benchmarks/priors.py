"""The prior of the weights that leave hidden units: `python -m benchmarks.priors`.

ρ = 1, ρ = 16, and the one that evidence chooses after 40 iterations by the error of rows left out: root mean square
error on rows that were not trained on, on the cases of `benchmarks.noise`.
"""

from __future__ import annotations

from benchmarks.noise import compare


def main() -> None:
    from deltarule import Evidence

    compare(
        {"ρ = 1": Evidence(outgoing=1), "ρ = 16": Evidence(outgoing=16), "chosen from the two": Evidence()}
    )


if __name__ == "__main__":
    main()

"""How often a diagnosis is right: hits and false alarms on the table of troubles, and on seeds and sizes kept apart.

python -m benchmarks.health_cases [--try]        with --try also how often the first remedy gains its stated factor
"""

from __future__ import annotations

import sys

from tests.health.cases import APART, TABLE, TUNING, Setting
from tests.health.judging import examine, judge


def main(words: list[str]) -> None:
    """Prints a line for each setting, then what went wrong."""
    wrong: list[str] = []
    print(f"{len(TABLE)} cases, {sum(not case.expected for case in TABLE)} of them healthy\n")
    print(
        f"{'seed':>6}{'rows':>7}{'width':>7}{'hits':>12}{'right place':>13}"
        f"{'false alarms':>14}{'healthy called ill':>20}{'first remedies' if '--try' in words else '':>16}"
    )
    for title, settings in (("chosen on these", TUNING), ("kept apart", APART)):
        print(title)
        for setting in settings:
            wrong += _line(setting, "--try" in words)
    print("\n" + "\n".join(wrong))


def _line(setting: Setting, attempt: bool) -> list[str]:
    judged = [(case, judge(case, examine(case, setting))) for case in TABLE]
    ill = [(case, j) for case, j in judged if case.expected]
    healthy = [(case, j) for case, j in judged if not case.expected]
    hits, placed = sum(j.hit for _, j in ill), sum(j.hit and not j.misplaced for _, j in ill)
    false = sum(bool(j.false) for _, j in judged)
    called = sum(bool(j.false) for _, j in healthy)
    trials = [(case, j.diagnosis.attempt()[0]) for case, j in ill if attempt and j.diagnosis.verdicts]
    short = [(case, trial) for case, trial in trials if trial.gain < case.factor]
    gained = f"{len(trials) - len(short)}/{len(trials)}" if attempt else ""
    print(
        f"{setting.seed:>6}{setting.rows:>7g}{setting.width:>7g}{f'{hits}/{len(ill)}':>12}{f'{placed}/{len(ill)}':>13}"
        f"{f'{false}/{len(judged)}':>14}{f'{called}/{len(healthy)}':>20}{gained:>16}",
        flush=True,
    )
    wrong = [
        f"seed {setting.seed}: {case.name}: expected {', '.join(sorted(case.expected)) or 'healthy'}, "
        f"said {', '.join(v.name for v in j.diagnosis.verdicts) or 'healthy'} {'; '.join(j.misplaced)}"
        for case, j in judged
        if not j.right
    ]
    return wrong + [
        f"seed {setting.seed}: {case.name}: {trial.sentence} (stated factor {case.factor:g})"
        for case, trial in short
    ]


if __name__ == "__main__":
    main(sys.argv[1:])

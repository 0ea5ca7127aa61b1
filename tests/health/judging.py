"""Whether a diagnosis says of a case what has to be said, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from tests.health.cases import Setting, Trouble

from deltarule.health.diagnosis import Diagnosis, diagnose


@dataclass(frozen=True)
class Judgement:
    """hit: what was expected was said, at the right place and time; false: what was said and should not have been."""

    diagnosis: Diagnosis
    hit: bool
    false: frozenset[str]
    misplaced: tuple[str, ...]

    @property
    def right(self) -> bool:
        return self.hit and not self.false and not self.misplaced


def examine(case: Trouble, setting: Setting) -> Diagnosis:
    network, X, D, settings = case.make(setting)
    return diagnose(network, X, D, **settings)


def judge(case: Trouble, found: Diagnosis) -> Judgement:
    wanted = [frozenset(words.split("|")) for words in case.expected]
    either = frozenset().union(*wanted)
    said = {v.name for v in found.verdicts}
    roots = {v.name for v in found.verdicts if not v.because}
    # a number that is no number follows from its cause and is still a verdict of its own
    hit = all(names & said and (names & roots or "not_a_number" in names) for names in wanted)
    false = frozenset((said - either - case.consequences) | (roots - either - {"not_a_number"}))
    misplaced = [
        f"{v.name} is said of {v.where}, expected layers {case.layers}"
        for v in found.verdicts
        if v.name in either and case.layers and not set(case.layers) <= set(v.where.layers)
    ]
    misplaced += [
        f"{v.name} is said to begin at step {v.since}, expected by {case.since:g}"
        for v in found.verdicts
        if v.name in either and v.since is not None and v.since > case.since
    ]
    return Judgement(found, hit, false, tuple(misplaced))

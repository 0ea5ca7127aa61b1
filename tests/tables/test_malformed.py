"""Every table that cannot be trained on is refused in one sentence that says where and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.tables.malformed import CASES, TARGET, Malformed, place

from deltarule.errors import TableError
from deltarule.tables import InputEncoding, TargetEncoding, read_table, split
from deltarule.tables.target_kinds import target_kind


def arrays_of(path: Path) -> None:
    """The way of a table to its arrays, as training goes it."""
    table = read_table(path)
    kind, _ = target_kind(table, [TARGET])
    labels = table[TARGET].words() if kind == "classes" else None
    classes = TargetEncoding.fit(table, TARGET).classes if kind == "classes" else None
    parts = split(table.rows, labels=labels)
    train, test = table.take(parts.train), table.take(parts.test)
    inputs = InputEncoding.fit(train.drop([TARGET]))
    targets = TargetEncoding.fit(train, TARGET, classes=classes)
    for rows in (train, test):
        inputs.transform(rows)
        targets.transform(rows)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_malformed_table_is_refused_in_one_sentence(case: Malformed, tmp_path: Path) -> None:
    path = place(case, tmp_path)
    with pytest.raises(TableError) as refused:
        arrays_of(path)
    sentence = str(refused.value)
    assert "\n" not in sentence
    assert len(sentence) < 400
    assert sentence.endswith(".") or sentence.endswith("?")
    for part in case.says:
        assert part in sentence


def test_there_are_at_least_forty_malformed_tables_and_no_two_have_one_name() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 40

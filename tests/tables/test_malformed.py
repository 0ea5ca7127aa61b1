"""Every table that cannot be trained on is refused in one sentence that says where and what to do."""

from __future__ import annotations

import gzip
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
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


SIGNS = [",", ";", "\t", "|", '"', "\n", "\n", "\r", " ", "\x00", "é", "\ufeff", "sep=;\n", "x,y\n1,2\n3,4\n"]
CELLS = ["x", "y", "name", "1", "-2.5", "1,5", "1.234,5", "9" * 30, "NA", "inf", "1e999", "yes", "no"]
DAYS = ["2024-01-31", "31.02.2024", "1/2/2024", "2024-13-45"]
PIECES = st.sampled_from([*SIGNS, *CELLS, *DAYS])
ENCODINGS = st.sampled_from(["utf-8", "utf-8", "utf-8", "cp1252", "utf-16", "utf-16-le"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.lists(PIECES, max_size=40).map("".join),
    encoding=ENCODINGS,
    suffix=st.sampled_from([".csv", ".csv.gz", ".parquet", ".npz", ".feather"]),
)
def test_whatever_a_file_holds_it_is_a_table_or_refused_in_one_sentence(
    text: str, encoding: str, suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"table{suffix}"
    data = text.encode(encoding, "replace")
    path.write_bytes(gzip.compress(data) if suffix == ".csv.gz" else data)
    with suppress(TableError):
        arrays_of(path)
        return
    with pytest.raises(TableError, match=r"\A[^\n]*\Z"):
        arrays_of(path)

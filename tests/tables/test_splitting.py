"""Rows are set apart at random, whole, and evenly by class."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deltarule.errors import InputError, TableError
from deltarule.tables import folds, split
from deltarule.tables.splitting import drawn

LABELS = st.lists(st.sampled_from("abc"), min_size=4, max_size=60)
SHARES = st.sampled_from([0.0, 0.1, 0.2, 0.3])


@settings(max_examples=150, deadline=None)
@given(LABELS, SHARES, SHARES, st.integers(0, 5), st.booleans())
def test_each_row_is_in_one_part(
    labels: list[str], test: float, validation: float, seed: int, even: bool
) -> None:
    rows = len(labels)
    parts = split(
        rows, test=test, validation=validation, seed=seed, labels=np.array(labels) if even else None
    )
    together = np.concatenate([parts.train, parts.validation, parts.test])
    assert sorted(together.tolist()) == list(range(rows))
    for part, share in ((parts.test, test), (parts.validation, validation)):
        assert len(part) == (max(1, round(share * rows)) if share else 0)
        assert part.tolist() == sorted(part.tolist())
    assert len(parts.train) > 0


@settings(max_examples=150, deadline=None)
@given(LABELS, SHARES, SHARES, st.integers(0, 5))
def test_each_class_keeps_its_share(labels: list[str], test: float, validation: float, seed: int) -> None:
    classes = np.array(labels)
    parts = split(len(labels), test=test, validation=validation, seed=seed, labels=classes)
    for label in set(labels):
        own = int(np.sum(classes == label))
        wanted = len(parts.test) * own / len(labels)
        assert abs(np.sum(classes[parts.test] == label) - wanted) <= 2.0
    if len(parts.train) >= len(set(labels)):
        assert set(classes[parts.train]) == set(labels)


def test_a_seed_gives_the_same_rows_again() -> None:
    first, again, other = (split(100, seed=seed).test.tolist() for seed in (1, 1, 2))
    assert first == again != other


def test_a_quarter_of_each_class_is_a_quarter() -> None:
    labels = np.array(["a"] * 80 + ["b"] * 16 + ["c"] * 4)
    parts = split(100, test=0.25, labels=labels)
    assert [int(np.sum(labels[parts.test] == label)) for label in "abc"] == [20, 4, 1]


def test_rows_left_over_go_to_the_largest_remainders() -> None:
    labels = np.array(["a"] * 10 + ["b"] * 7 + ["c"] * 3)
    first, _ = drawn(np.arange(20), labels, 5)  # 2.5, 1.75 and 0.75 of the classes
    assert [int(np.sum(labels[first] == label)) for label in "abc"] == [2, 2, 1]


def test_two_rows_are_the_fewest_that_can_be_split() -> None:
    parts = split(2)
    assert (len(parts.train), len(parts.test)) == (1, 1)
    with pytest.raises(TableError, match="1 row cannot be split"):
        split(1, test=0)


@pytest.mark.parametrize("labels", [None, np.array(list("abbbbbbccc") * 2)])
def test_each_row_is_a_test_row_of_one_fold(labels: np.ndarray | None) -> None:
    parts = folds(20, 5, seed=3, labels=labels)
    assert sorted(row for part in parts for row in part.test.tolist()) == list(range(20))
    for part in parts:
        assert len(part.test) == 4
        assert sorted([*part.train, *part.test]) == list(range(20))
        if labels is not None:
            assert np.sum(labels[part.test] == "b") in (2, 3)


@pytest.mark.parametrize(
    "call, error, part",
    [
        (lambda: split(1), TableError, "1 row cannot be split"),
        (lambda: split(1, source="one.csv"), TableError, "the table one.csv of 1 row cannot be split"),
        (lambda: folds(1, 2, source="one.csv"), TableError, "the table one.csv of 1 row cannot be dealt"),
        (lambda: split(2, test=0.3, validation=0.3), TableError, "2 rows cannot be split"),
        (lambda: split(10, test=1.0), InputError, "test share must be in [0, 1), got 1.0"),
        (lambda: split(10, validation=-0.1), InputError, "validation share"),
        (lambda: split(10, test=0.5, validation=0.5), InputError, "leave no row for training"),
        (lambda: folds(3, 5), TableError, "3 rows cannot be dealt into 5 folds"),
        (lambda: folds(3, 1), InputError, "at least 2, got 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_split_is_refused(call, error: type[Exception], part: str) -> None:
    with pytest.raises(error) as refused:
        call()
    assert part in str(refused.value)

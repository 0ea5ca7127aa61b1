"""Whole groups set apart: none in two parts, shares as near as groups allow, the last ones where they have an order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltarule.errors import InputError, TableError
from deltarule.tables.grouping import group_folds, group_split

SIZES = st.lists(st.integers(1, 30), min_size=3, max_size=40)


def groups_of(sizes: list[int], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))


@given(SIZES, st.floats(0.01, 0.5), st.floats(0.01, 0.4), st.one_of(st.none(), st.integers(0, 9)))
def test_every_row_is_in_one_part_and_no_group_in_two(sizes, test, validation, seed) -> None:
    groups = groups_of(sizes)
    found = group_split(groups, test=test, validation=validation, seed=seed)
    parts = [found.train, found.validation, found.test]
    assert sorted(np.concatenate(parts)) == list(range(len(groups)))
    held = [set(groups[rows].tolist()) for rows in parts]
    assert all(held) and sum(map(len, held)) == len(sizes)


@given(SIZES, st.integers(0, 9))
def test_equal_groups_give_the_share_asked_for(sizes, seed) -> None:
    groups = groups_of([6] * len(sizes))
    wanted = max(1, round(0.3 * len(sizes)))
    assert abs(len(group_split(groups, test=0.3, seed=seed).test) / 6 - wanted) <= 1


def test_a_group_larger_than_the_share_is_passed_over() -> None:
    groups = groups_of([60, 10, 10, 10, 10])
    for seed in range(20):
        assert len(group_split(groups, test=0.2, seed=seed).test) == 20


def test_where_all_are_larger_the_smallest_judges() -> None:
    assert len(group_split(groups_of([50, 40, 60]), test=0.05).test) == 40


@given(SIZES)
def test_in_order_the_last_groups_judge_and_those_before_them_steer(sizes) -> None:
    groups = groups_of(sizes)
    found = group_split(groups, test=0.2, validation=0.2, seed=None)
    assert groups[found.train].max() < groups[found.validation].min()
    assert groups[found.validation].max() < groups[found.test].min()


def test_the_seed_decides() -> None:
    groups = groups_of([3] * 20)
    one, same, other = (group_split(groups, seed=seed).test.tolist() for seed in (1, 1, 2))
    assert one == same != other


@given(SIZES, st.integers(2, 3), st.integers(0, 9))
def test_each_group_judges_in_one_fold(sizes, k, seed) -> None:
    groups = groups_of(sizes)
    found = group_folds(groups, k, seed)
    assert sorted(np.concatenate([part.test for part in found])) == list(range(len(groups)))
    for part in found:
        assert not set(groups[part.train]) & set(groups[part.test])
    rows = [len(part.test) for part in found]
    assert max(rows) - min(rows) <= max(sizes)


def test_too_few_groups_are_refused_in_a_sentence() -> None:
    with pytest.raises(
        TableError, match=r"^t\.csv: column 'g' holds 2 values, and 3 are needed, one for each part"
    ):
        group_split(groups_of([5, 5]), validation=0.2, called="t.csv: column 'g'")
    with pytest.raises(TableError, match="too few for 5 folds"):
        group_folds(groups_of([5, 5]), 5)
    with pytest.raises(InputError, match="folds must be at least 2"):
        group_folds(groups_of([5, 5]), 1)

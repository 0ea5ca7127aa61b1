"""Target columns become D, and outputs come back in the target's own unit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from deltarule.errors import InputError, TableError, UnknownName
from deltarule.tables import TargetEncoding, read_table
from deltarule.tables.target_kinds import target_kind

OUTPUTS = ["identity", "logistic", "tanh", "relu", "softplus", "exp"]
FLOATS = st.floats(-1e100, 1e100, allow_subnormal=False)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(FLOATS, min_size=2, max_size=20),
    st.sampled_from(["standard", "minmax", "none"]),
    st.sampled_from(OUTPUTS),
)
def test_inverse_undoes_transform(values: list[float], scale: str, output: str) -> None:
    y = np.abs(values) if output == "exp" else np.array(values)
    assume(np.ptp(y) > max(1e-150, 1e-3 * np.max(np.abs(y))))
    table = read_table({"y": y})
    encoding = TargetEncoding.fit(table, "y", scale, output)
    again = encoding.inverse(encoding.transform(table))[:, 0]
    assert np.all(np.abs(again - y) <= 1e-12 * np.max(np.abs(y)))
    through_json = TargetEncoding.from_json(json.loads(json.dumps(encoding.to_json(), allow_nan=False)))
    assert through_json == encoding
    assert np.array_equal(through_json.transform(table), encoding.transform(table))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=20, unique=True))
def test_inverse_undoes_transform_for_each_value(values: list[float]) -> None:
    table = read_table({"y": values})
    assume(np.ptp(values) > 1e-6 * max(values))
    encoding = TargetEncoding.fit(table, "y")
    again = encoding.inverse(encoding.transform(table))[:, 0]
    assert np.allclose(again, values, rtol=1e-12, atol=1e-12 * max(values))


@pytest.mark.parametrize(
    "output, low, high",
    [("logistic", 0.1, 0.9), ("tanh", -0.9, 0.9), ("relu", 0.1, 0.9)],
)
@pytest.mark.parametrize("scale", ["standard", "minmax", "none"])
def test_targets_lie_inside_the_range_of_a_bounded_output(
    output: str, low: float, high: float, scale: str
) -> None:
    table = read_table({"y": [10.5, 20.0, 50.0]})
    encoding = TargetEncoding.fit(table, "y", scale, output)
    D = encoding.transform(table)
    assert np.isclose(D.min(), low) and np.isclose(D.max(), high)
    assert encoding.range == (low, high)
    assert f"[{low}, {high}]" in encoding.notes[0]


def test_several_targets_each_have_their_own_scaling() -> None:
    table = read_table({"a": [1.0, 2.0, 3.0], "b": [100.0, 200.0, 600.0]})
    encoding = TargetEncoding.fit(table, ["a", "b"])
    D = encoding.transform(table)
    assert D.shape == (3, 2)
    assert np.allclose(D.mean(axis=0), 0.0) and np.allclose(D.std(axis=0), 1.0)
    assert np.allclose(encoding.inverse(D), [[1, 100], [2, 200], [3, 600]], rtol=1e-14)


def test_an_exp_output_leaves_counts_as_they_are() -> None:
    encoding = TargetEncoding.fit(read_table({"y": [0, 3, 7]}), "y", "standard", "exp")
    assert encoding.transform(read_table({"y": [0, 3, 7]})).tolist() == [[0], [3], [7]]


@pytest.mark.parametrize(
    "values, kind, expected, note",
    [
        ([1.5, 2.0, 3.0], "auto", "numbers", ""),
        (list(range(21)), "auto", "numbers", ""),
        ([1, 2, 3, 1, 2, 3], "auto", "numbers", "3 different whole numbers"),
        ([1, 2, 3, 1], "auto", "numbers", ""),
        ([1, 2, 3, 1], "classes", "classes", ""),
        (["a", "b"], "auto", "classes", ""),
        ([True, False], "auto", "classes", ""),
        ([True, False], "numbers", "numbers", ""),
    ],
)
def test_a_target_is_numbers_or_classes(values: list[Any], kind: str, expected: str, note: str) -> None:
    found, said = target_kind(read_table({"y": values}), ["y"], kind)
    assert found == expected
    assert note in said
    assert bool(note) == bool(said)


@pytest.mark.parametrize(
    "values, labels",
    [
        (["b", "a", "b"], ("a", "b")),
        ([10, 9, 10], ("9", "10")),
        ([True, False], ("False", "True")),
        (["10", "9", "x"], ("9", "10", "x")),
    ],
)
def test_classes_are_in_order(values: list[Any], labels: tuple[str, ...]) -> None:
    assert TargetEncoding.fit(read_table({"y": values}), "y", kind="classes").classes == labels


@pytest.mark.parametrize(
    "output, values, D",
    [
        ("softmax", ["a", "b", "a"], [[1, 0], [0, 1], [1, 0]]),
        ("auto", ["a", "b", "c"], [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
        ("logistic", ["a", "b", "a"], [[0], [1], [0]]),
        ("logistic", ["a", "b", "c"], [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
        ("tanh", ["a", "b", "a"], [[-0.9], [0.9], [-0.9]]),
        ("identity", ["a", "b", "a"], [[1, 0], [0, 1], [1, 0]]),
    ],
)
def test_classes_are_encoded_for_their_output(output: str, values: list[str], D: list[list[float]]) -> None:
    table = read_table({"y": values})
    encoding = TargetEncoding.fit(table, "y", output=output)
    assert encoding.transform(table).tolist() == D
    assert len(encoding.names) == len(D[0])
    assert encoding.inverse(np.array(D)).tolist() == values
    assert np.allclose(encoding.probabilities(np.array(D)).sum(axis=1), 1.0)
    assert TargetEncoding.from_json(json.loads(json.dumps(encoding.to_json()))) == encoding


def test_the_classes_of_a_boolean_target_keep_their_words(tmp_path: Any) -> None:
    path = tmp_path / "table.csv"
    path.write_text("x,y\n1,yes\n2,no\n3,yes\n")
    encoding = TargetEncoding.fit(read_table(path), "y")
    assert encoding.classes == ("no", "yes")
    assert encoding.inverse(np.array([[0.9, 0.1], [0.2, 0.8]])).tolist() == ["no", "yes"]


@pytest.mark.parametrize(
    "output, o, shares",
    [
        ("softmax", [[0.25, 0.75]], [[0.25, 0.75]]),
        ("logistic", [[0.25]], [[0.75, 0.25]]),
        ("tanh", [[0.0]], [[0.5, 0.5]]),
        ("tanh", [[-1.0]], [[1.0, 0.0]]),
        ("identity", [[0.3, 0.9]], [[0.25, 0.75]]),
        ("identity", [[-0.3, -0.2]], [[0.0, 1.0]]),
        ("identity", [[5.0, -1.0]], [[1.0, 0.0]]),
    ],
)
def test_outputs_become_probabilities(output: str, o: list[list[float]], shares: list[list[float]]) -> None:
    encoding = TargetEncoding.fit(read_table({"y": ["a", "b"]}), "y", output=output)
    assert np.allclose(encoding.probabilities(np.array(o)), shares)


def test_classes_may_be_given_where_rows_lack_one() -> None:
    encoding = TargetEncoding.fit(read_table({"y": ["a", "b"]}), "y", classes=["a", "b", "c"])
    assert encoding.transform(read_table({"y": ["c"]})).tolist() == [[0, 0, 1]]


def fitted(values: list[Any], targets: list[str] | str = "y", **options: Any) -> TargetEncoding:
    return TargetEncoding.fit(read_table({"y": values}), targets, **options)


@pytest.mark.parametrize(
    "call, part",
    [
        (lambda: fitted(["a", "b"]).codes(read_table({"y": ["a", "z"]})), "row 2 of the dictionary: the target 'y'"),
        (lambda: fitted([1.0, 2.0], output="softmax"), "softmax output predicts classes"),
        (lambda: fitted([1.0, -2.0], output="exp"), "row 2 of the dictionary: the target 'y' is -2"),
        (lambda: fitted([1.0, np.inf]), "row 2 of the dictionary: column 'y' holds an infinite value"),
        (lambda: fitted([1.0, None]), "row 2 of the dictionary: the target 'y' is missing"),
        (lambda: fitted([2.0, 2.0]), "'y' is 2 in every row"),
        (lambda: fitted([2.0]), "1 row"),
        (lambda: fitted([n / 4 for n in range(50)], kind="classes"), "50 different numbers in 50 rows"),
        (lambda: fitted([{}, {}]), "cannot be used"),
        (lambda: fitted([1.0, 2.0]).probabilities(np.ones((1, 1))), "probabilities are for classes"),
        (lambda: fitted([1.0, 2.0], []), "no target"),
        (lambda: fitted([1.0, 2.0], ["y", "y"]), "named twice"),
        (lambda: TargetEncoding.from_json({"kind": "numbers"}), "no settings of a target encoding"),
    ],
)  # fmt: skip
def test_a_target_that_cannot_be_used_is_refused(call: Any, part: str) -> None:
    with pytest.raises(InputError) as refused:
        call()
    assert part in str(refused.value)


def test_rows_without_a_target_are_left_out_as_the_sentence_says(tmp_path: Path) -> None:
    table = read_table({"x": [1.0, 2.0, 3.0, 4.0], "y": [5.0, None, 7.0, None]})
    with pytest.raises(
        TableError, match=r"and in 1 more row\): fill them in or delete these rows"
    ) as refused:
        TargetEncoding.fit(table, "y")
    assert "table.take(np.flatnonzero(~table['y'].missing)).write('whole.csv')" in str(refused.value)
    table.take(np.flatnonzero(~table["y"].missing)).write(tmp_path / "whole.csv")
    assert TargetEncoding.fit(read_table(tmp_path / "whole.csv"), "y").scalings[0].center == 6.0


def test_targets_whose_squared_differences_are_0_ask_for_another_unit() -> None:
    with pytest.raises(TableError, match="'y' differs by 2e-200 at most.*use another unit"):
        fitted([1e-200, 2e-200, 3e-200])
    assert fitted([1e-149, 2e-149, 3e-149]).scalings[0].spread == pytest.approx(1e-149 * (2 / 3) ** 0.5)


def test_of_several_targets_none_may_be_classes() -> None:
    with pytest.raises(TableError, match="'a' would be classes"):
        TargetEncoding.fit(read_table({"a": ["u", "v"], "b": [1.0, 2.0]}), ["a", "b"])


def test_numbers_and_booleans_together_are_numbers() -> None:
    table = read_table({"a": [True, False], "b": [1.0, 2.0]})
    assert TargetEncoding.fit(table, ["a", "b"]).kind == "numbers"


def test_an_unknown_kind_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'classes'"):
        target_kind(read_table({"y": [1, 2]}), ["y"], "class")


def test_a_refusal_is_a_table_error_where_a_cell_is_at_fault() -> None:
    with pytest.raises(TableError):
        TargetEncoding.fit(read_table({"y": [1.0, np.inf]}), "y")

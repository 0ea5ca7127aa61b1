"""Input columns become X: filled, scaled, as zeros and ones; fitted once, applied row by row."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deltarule.errors import InputError, TableError, UnknownName
from deltarule.tables import InputEncoding, Table, read_table

N = 8
COLUMNS: dict[str, Any] = {
    "size": [1.0, 2.0, 4.0, None, 8.0, 3.0, 5.0, 5.0],
    "colour": ["red", "blue", None, "red", "red", "blue", "red", "blue"],
    "smoker": [True, False, None, None, True, False, True, True],
    "day": np.array(["2024-01-01", "2024-01-03", "2024-02-01", "NaT"] * 2, dtype="datetime64[s]"),
}


def table() -> Table:
    return read_table(COLUMNS)


def encoded(columns: dict[str, Any], scale: str = "standard") -> tuple[InputEncoding, np.ndarray]:
    rows = read_table(columns)
    encoding = InputEncoding.fit(rows, scale=scale)
    return encoding, encoding.transform(rows)


def test_standard_scaling_has_mean_zero_and_variance_one() -> None:
    _, X = encoded({"x": [1.0, 2.0, 4.0, 9.0], "z": [1e6, 1e6 + 1, 1e6 + 2, 1e6 + 5]})
    assert np.allclose(X.mean(axis=0), 0.0, atol=1e-9)
    assert np.allclose(X.std(axis=0), 1.0)


def test_minmax_scaling_ends_at_minus_one_and_one() -> None:
    _, X = encoded({"x": [1.0, 2.0, 4.0, 9.0]}, "minmax")
    assert X[:, 0].tolist() == [-1.0, -0.75, -0.25, 1.0]


def test_no_scaling_leaves_numbers_as_they_are() -> None:
    _, X = encoded({"x": [1.0, 2.0, 4.0, 9.0]}, "none")
    assert X[:, 0].tolist() == [1.0, 2.0, 4.0, 9.0]


def test_a_missing_number_is_the_mean_and_has_an_indicator() -> None:
    encoding, X = encoded({"x": [1.0, None, 3.0, None]}, "none")
    assert encoding.names == ("x", "x is missing")
    assert X.tolist() == [[1.0, 0.0], [2.0, 1.0], [3.0, 0.0], [2.0, 1.0]]


def test_a_single_missing_number_has_no_indicator() -> None:
    encoding, X = encoded({"x": [1.0, None, 3.0, 5.0]}, "none")
    assert encoding.names == ("x",)
    assert X[1, 0] == 3.0


def test_a_missing_category_is_a_category() -> None:
    encoding, X = encoded({"c": ["b", None, "a", "b"]})
    assert encoding.names == ("c=a", "c=b", "c=(missing)")
    assert X.tolist() == [[0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0]]


def test_what_stands_for_missing_cells_is_said_in_each_kinds_words() -> None:
    days = np.array(["2024-01-01", "2024-01-03", "NaT"], dtype="datetime64[s]")
    table = read_table(
        {"x": [1.0, None, 4.0], "day": days, "ill": [True, False, None], "c": ["a", None, "b"]}
    )
    encoding = InputEncoding.fit(table)
    (said,) = encoding.filled(table)
    assert "1 of 'x' with 2.5, 1 of 'day' with 2024-01-02 and 1 of 'ill' with 0.5, between" in said
    assert "'c'" not in said
    assert encoding.filled(table.take([0])) == []


def test_an_unknown_category_is_zeros_and_is_said() -> None:
    encoding, _ = encoded({"c": ["b", "a", "a", "b"]})
    notes: list[str] = []
    X = encoding.transform(read_table({"c": ["a", "green", None, "green"]}), notes)
    assert X.tolist() == [[1, 0], [0, 0], [0, 0], [0, 0]]
    assert len(notes) == 1
    for part in ("'c'", "'green'", "(missing)", "3 rows", "first: row 2"):
        assert part in notes[0]


def test_known_categories_are_not_worth_a_note() -> None:
    encoding, _ = encoded({"c": ["b", "a", "a", "b"]})
    notes: list[str] = []
    encoding.transform(read_table({"c": ["a"]}), notes)
    assert notes == []


def test_the_hundred_most_frequent_categories_are_kept() -> None:
    common = [f"c{n:03}" for n in range(100) for _ in range(3)]
    encoding, X = encoded({"c": [*common, "rare", "seldom"]})
    assert len(encoding.names) == 100
    assert X[-2:].sum() == 0.0
    notes: list[str] = []
    encoding.transform(read_table({"c": ["c001", "rare"]}), notes)
    assert "'rare' in 1 row" in notes[0] and "kept without 2 rarer ones: encoded as zeros only" in notes[0]
    assert InputEncoding.from_json(encoding.to_json()) == encoding


def test_booleans_are_zero_and_one_under_every_scaling() -> None:
    for scale in ("standard", "minmax", "none"):
        encoding, X = encoded({"b": [True, False, True, None]}, scale)
        assert encoding.names == ("b=True",)
        assert X[:, 0].tolist() == [1.0, 0.0, 1.0, 2 / 3]


def test_a_third_word_is_refused_with_the_two_that_were_expected() -> None:
    encoding, _ = encoded({"b": [True, False, True, None]})
    with pytest.raises(
        TableError, match="row 1 .* holds 'maybe' where 'False' or 'True' was expected: correct"
    ):
        encoding.transform(read_table({"b": ["maybe", "true"]}))


def test_dates_count_days() -> None:
    _, X = encoded({"d": np.array(["1970-01-02", "1970-01-11T12:00"], dtype="datetime64[s]")}, "none")
    assert X[:, 0].tolist() == [1.0, 10.5]


@pytest.mark.parametrize(
    "values, reason",
    [
        ([3.0] * N, "constant: 3 in every training row"),
        ([0.1] * N, "constant: 0.1 in every training row"),
        ([0.3] * 7 + [0.1 + 0.2], "up to rounding"),
        (["a"] * N, "constant: 'a' in every training row"),
        ([True] * N, "constant: True in every training row"),
        ([3.0] * 7 + [None], "constant: 3 in every training row but the few missing"),
        ([None] * N, "every cell is missing"),
        ([float(n * n) for n in range(N)], "identical to 'x'"),
        ([f"name {n}" for n in range(N)], "a different text in every row"),
        ([{}] * N, "Python objects of type dict"),
    ],
)
def test_a_column_that_cannot_be_used_is_named_with_the_reason(values: list[Any], reason: str) -> None:
    rows = read_table({"x": [float(n * n) for n in range(N)], "other": values})
    encoding = InputEncoding.fit(rows)
    assert encoding.sources == ("x",)
    ((name, why),) = encoding.skipped
    assert name == "other"
    assert reason in why


def test_a_column_of_names_is_skipped_when_nearly_all_differ() -> None:
    names = [f"name {n}" for n in range(95)] + ["name 0"] * 5
    encoding = InputEncoding.fit(read_table({"x": np.arange(100.0), "who": names}))
    assert encoding.skipped == (("who", "a different text in nearly every row: it names rows"),)


def test_numbers_of_which_some_have_a_sign_are_named_so() -> None:
    rates = [f"{n}%" if n % 9 else str(n) for n in range(20)]
    encoding = InputEncoding.fit(read_table({"rate": rates, "x": list(range(20))}), ["rate", "x"])
    ((name, reason),) = encoding.skipped
    assert name == "rate"
    assert reason == "numbers with signs such as '1%': give all of them the same sign in a text file, or none"


def test_a_column_of_row_numbers_is_skipped_by_its_name() -> None:
    rows = read_table({"id": np.arange(N), "x": np.arange(N) ** 2})
    assert InputEncoding.fit(rows).sources == ("x",)


def test_a_constant_with_many_missing_tells_by_its_gaps() -> None:
    encoding, X = encoded({"x": [3.0, None, 3.0, None, 3.0]})
    assert encoding.names == ("x", "x is missing")
    assert X.tolist() == [[0, 0], [0, 1], [0, 0], [0, 1], [0, 0]]


def test_two_columns_missing_alike_are_no_copies() -> None:
    encoding, _ = encoded({"x": [1.0, None, 3.0], "z": [2.0, None, 9.0]})
    assert encoding.sources == ("x", "z")


def test_transform_finds_columns_by_name_in_any_order() -> None:
    encoding = InputEncoding.fit(table())
    turned = read_table(dict(reversed(COLUMNS.items())) | {"unheard": [0] * N})
    assert np.array_equal(encoding.transform(turned), encoding.transform(table()))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, N - 1), min_size=1, max_size=12))
def test_transform_goes_row_by_row(rows: list[int]) -> None:
    encoding = InputEncoding.fit(table())
    assert np.array_equal(encoding.transform(table().take(rows)), encoding.transform(table())[rows])


def test_a_file_of_other_looks_is_read_as_the_encoding_needs_it() -> None:
    rows = read_table({"grade": ["1", "2", "a", "1"], "n": [1.0, 2.0, 3.0, 5.0], "b": ["1", "0", "1", "0"]})
    encoding = InputEncoding.fit(rows)
    other = read_table({"grade": [1, 2], "n": ["1.0", None], "b": ["1", "0"]})
    assert encoding.transform(other)[:, :3].tolist() == [[1, 0, 0], [0, 1, 0]]


def test_whole_numbers_keep_the_text_they_had_in_the_file(tmp_path: Any) -> None:
    path = tmp_path / "table.csv"
    path.write_text("code\n01\n02\n01\n")
    encoding = InputEncoding.fit(read_table({"code": ["01", "02", "x", "01"]}))
    assert encoding.transform(read_table(path)).tolist() == [[1, 0, 0], [0, 1, 0], [1, 0, 0]]


@pytest.mark.parametrize(
    "columns, parts",
    [
        ({"size": [1.0]}, ("no column 'colour'", "It has size")),
        ({"Colour": ["red"]}, ("no column 'colour'", "did you mean 'Colour'")),
        ({"colour": ["red"], "size": ["big"]}, ("row 1", "'size'", "'big'", "a number")),
        ({"colour": ["red"], "size": [np.inf]}, ("row 1", "'size'", "infinite")),
        ({"colour": ["red"], "size": [{}]}, ("'size'", "cannot be used")),
    ],
)
def test_a_table_that_does_not_fit_is_refused(columns: dict[str, Any], parts: tuple[str, ...]) -> None:
    encoding = InputEncoding.fit(read_table({"colour": ["red", "blue"], "size": [1.0, 2.0]}))
    with pytest.raises(TableError) as refused:
        encoding.transform(read_table(columns))
    for part in parts:
        assert part in str(refused.value)


def test_an_unknown_scaling_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'minmax'"):
        InputEncoding.fit(table(), scale="min-max")


def test_settings_that_are_none_are_refused() -> None:
    with pytest.raises(InputError, match="no settings of an input encoding"):
        InputEncoding.from_json({"columns": [{}]})


FLOATS = st.floats(-1e140, 1e140, allow_subnormal=False)


@settings(max_examples=60, deadline=None)
@given(st.lists(FLOATS, min_size=2, max_size=9, unique=True), st.sampled_from(["standard", "minmax", "none"]))
def test_an_encoding_goes_through_json_bit_for_bit(values: list[float], scale: str) -> None:
    rows = read_table(
        {
            "x": values,
            "c": ["a", "b"] + ["a"] * (len(values) - 2),
            "b": [True, False] * (len(values) // 2) + [True] * (len(values) % 2),
        }
    )
    encoding = InputEncoding.fit(rows, scale=scale)
    again = InputEncoding.from_json(json.loads(json.dumps(encoding.to_json(), allow_nan=False)))
    assert again == encoding
    assert np.array_equal(again.transform(rows), encoding.transform(rows))
    assert np.isfinite(encoding.transform(rows)).all()


def test_settings_are_plain_and_readable() -> None:
    encoding = InputEncoding.fit(table(), ["size", "colour"], "standard")
    size, colour = encoding.to_json()["columns"]
    assert size == {
        "name": "size",
        "kind": "number",
        "center": 4.0,
        "spread": 2.0702,
        "missing": 4.0,
        "indicator": False,
    } | {"spread": size["spread"]}
    assert colour == {"name": "colour", "kind": "category", "categories": ["blue", "red"], "missing": True}

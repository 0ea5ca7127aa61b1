"""A sheet of answers: read line by line, and refused with the line that is at fault."""

from __future__ import annotations

import pytest

from deltarule import Exercise
from deltarule.errors import InputError
from deltarule.lecture.answer_sheet import read_sheet


def test_lines_comments_and_circled_numbers_are_read() -> None:
    text = "# mine\n1=o_n1\n\n② : x_n2\nkind) saddle\n"
    assert read_sheet(text, ["1", "2", "kind"]) == {"1": "o_n1", "2": "x_n2", "kind": "saddle"}
    assert read_sheet("1.①=o_n1\n2.kind=saddle", ["1.1", "2.kind"]) == {"1.1": "o_n1", "2.kind": "saddle"}


def test_a_single_answer_may_stand_without_its_key() -> None:
    assert read_sheet("vanishes", ["verdict"]) == {"verdict": "vanishes"}


@pytest.mark.parametrize("answers", [["0.5"], None, 3, b"1=2"])
def test_what_is_neither_text_nor_a_mapping_is_refused(answers) -> None:
    with pytest.raises(InputError, match=r"^answers must be text with a line KEY=… for each, or a mapping"):
        Exercise("gradients").mark(answers)


def test_a_number_that_is_no_key_is_kept() -> None:
    assert read_sheet("9=1\n7.3=1", ["1", "2"]) == {"9": "1", "7.3": "1"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2=3\nE_n\n", "line 2 of the answers must be KEY=…, with a key of 1, 2; got 'E_n'"),
        ("2=3\n\n1=4\n②=5", "line 4 of the answers gives 2 again, after line 1: keep one"),
        ("=" * 100_001, "the answers have 100,001 characters; at most 100,000 are read"),
    ],
)
def test_a_line_at_fault_is_named(text, sentence) -> None:
    with pytest.raises(InputError) as fault:
        read_sheet(text, ["1", "2"])
    assert str(fault.value) == sentence


def test_a_single_answer_is_not_given_twice() -> None:
    with pytest.raises(InputError, match="line 2 of the answers gives verdict again, after line 1"):
        read_sheet("vanishes\nverdict=explodes", ["verdict"])

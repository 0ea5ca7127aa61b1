"""The delimiter and the header are found out from the first lines."""

from __future__ import annotations

import pytest

from deltarule.tables.sniffing import find_delimiter, has_header


@pytest.mark.parametrize(
    "lines, delimiter",
    [
        (["a,b", "1,2"], ","),
        (["a;b", "1,5;2,5"], ";"),
        (["1,5;2,5", "2,5;3,5"], ";"),
        (["a\tb", "1,5\t2,5"], "\t"),
        (["a|b", "1|2"], "|"),
        (["text,n", '"a;b;c",1', '"d;e;f",2'], ","),
        (["text;n", '"a,b";1', '"c,d";2'], ";"),
        (["name,n", "Smith; John,1", "Jones,2"], ","),
        (["x", "1", "2"], ","),
        (["a b", "1 2", "3 4"], " "),
        (["1.5   2.5", "-1  NA"], " "),
        (["a title of words", "another one"], ","),
        (["a,b,c", "1,2,3", "4,5", "6,7,8"], ","),
        ([], ","),
    ],
)
def test_the_delimiter_is_what_most_lines_agree_on(lines: list[str], delimiter: str) -> None:
    assert find_delimiter([line + "\n" for line in lines]) == delimiter


@pytest.mark.parametrize(
    "records, header",
    [
        ([["x", "y"], ["1", "2"]], True),
        ([["x", "y"], ["a", "b"]], True),
        ([["1", "2"], ["3", "4"]], False),
        ([["1", ""], ["3", "4"]], False),
        ([["1,5", "-2e3"], ["3", "4"]], False),
        ([["5.1", "setosa"], ["4.9", "setosa"]], False),
        ([["country", "2019", "2020"], ["Norway", "1", "2"], ["Chile", "3", "4"]], True),
    ],
)
def test_a_first_line_of_numbers_is_no_header(records: list[list[str]], header: bool) -> None:
    assert has_header(records) == header

"""Text with formulas in it, for a page."""

from __future__ import annotations

import pytest

from deltarule.lecture.typeset import rich


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("w_11^(0,1)", "<i>w</i><sub>11</sub><sup>(0,1)</sup>"),
        ("‖δ^(m)‖", "‖<i>δ</i><sup>(m)</sup>‖"),
        ("3 x_1^2 x_2", "3 <i>x</i><sub>1</sub><sup>2</sup> <i>x</i><sub>2</sub>"),
        ("S'(net_n2^(0,1))", "S&#x27;(<i>net</i><sub>n2</sub><sup>(0,1)</sup>)"),
        ("max_x & 5 % of cm^2", "max_x &amp; 5 % of cm^2"),
    ],
)
def test_names_are_set_and_the_rest_is_text(text, page) -> None:
    assert rich(text) == page

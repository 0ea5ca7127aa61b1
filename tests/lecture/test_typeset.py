"""Text with formulas in it, for a page and for LaTeX."""

from __future__ import annotations

import pytest

from deltarule.lecture.typeset import rich, tex


@pytest.mark.parametrize(
    ("text", "page", "latex"),
    [
        ("w_11^(0,1)", "<i>w</i><sub>11</sub><sup>(0,1)</sup>", "$w_{11}^{(0,1)}$"),
        ("‖δ^(m)‖", "‖<i>δ</i><sup>(m)</sup>‖", r"$\|$$\delta^{(m)}$$\|$"),
        ("3 x_1^2 x_2", "3 <i>x</i><sub>1</sub><sup>2</sup> <i>x</i><sub>2</sub>", "3 $x_{1}^{2}$ $x_{2}$"),
        (
            "S'(net_n2^(0,1))",
            "S&#x27;(<i>net</i><sub>n2</sub><sup>(0,1)</sup>)",
            r"S'($\mathrm{net}_{n2}^{(0,1)}$)",
        ),
        ("max_x & 5 % of cm^2", "max_x &amp; 5 % of cm^2", r"max\_x \& 5 \% of cm\^{}2"),
    ],
)
def test_names_are_set_and_the_rest_is_text(text, page, latex) -> None:
    assert (rich(text), tex(text)) == (page, latex)

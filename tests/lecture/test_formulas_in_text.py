"""Text with formulas in it, for LaTeX: a formula is set whole, and words stay words."""

from __future__ import annotations

import re

import pytest

from deltarule import Exercise
from deltarule.lecture.exercises import KINDS
from deltarule.lecture.formulas_in_text import tex

E = r"$E = \mathrm{MSE} = (1/N) \sum_{n} \sum_{k} (o_{nk} - d_{nk})^{2}$"


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("w_11^(0,1)", "$w_{11}^{(0,1)}$"),
        ("‖δ^(m)‖", r"$\|\delta^{(m)}\|$"),
        ("3 x_1^2 x_2", "$3 x_{1}^{2} x_{2}$"),
        ("y_n1^(1,2)²", "${y_{n1}^{(1,2)}}^{2}$"),
        ("S'(net_n2^(0,1))", r"$S'(\mathrm{net}_{n2}^{(0,1)})$"),
        ("max_x & 5 % of cm^2", r"max\_x \& 5 \% of cm\^{}2"),
        ("-∂E/∂w_22^(0,1) = ", r"$-\partial E/\partial w_{22}^{(0,1)} =$ "),
        ("-mean_n(① · ②)", r"$-\mathrm{mean}_{n}(\text{\textcircled{1}} \cdot  \text{\textcircled{2}})$"),
        ("Blank ① of a 2-2-1 network", r"Blank \textcircled{1} of a 2-2-1 network"),
        ("biases; E = MSE = (1/N) Σ_n Σ_k (o_nk - d_nk)².", f"biases; {E}."),
        ("(its x_1, x_2) = ", "(its $x_{1}$, $x_{2}$) = "),
        ("n = 1: o = (0.4, 0.3), d = (0, 1);", "$n = 1$: $o = (0.4, 0.3)$, $d = (0, 1)$;"),
        ("Give ∇f, ∇²f, and", r"Give $\nabla f$, $\nabla ^{2}f$, and"),
        ("(d) a kind, 1.2e-05 (2 digits) = ", "(d) a kind, 1.2e-05 (2 digits) = "),
        ("MSE_1, the part", r"$\mathrm{MSE}_1$, the part"),
        ("one) of (two", "one) of (two"),
    ],
)
def test_formulas_are_whole_and_words_are_text(text, latex) -> None:
    assert tex(text) == latex


@pytest.mark.parametrize("kind", KINDS)
def test_every_formula_of_an_exercise_can_be_set(kind) -> None:
    from matplotlib.mathtext import MathTextParser

    parser = MathTextParser("path")
    for level in (1, 2, 3):
        for notation in ("lecture", "textbook"):
            task = Exercise(kind, level, 1, notation).task
            for text in (task.text, *(item.prompt for item in task.items)):
                written = tex(text)
                outside = re.sub(r"\$[^$]*\$", "", written)
                assert written.count("$") % 2 == 0 and not re.search(r"[∂Σ∇δηΔ‖½²^]|(?<!\\)_", outside)
                for formula in re.findall(r"\$[^$]*\$", re.sub(r"\\text\{.*?\}\}", "1", written)):
                    parser.parse(formula)

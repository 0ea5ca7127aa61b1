"""Every quantity has a name in every notation, and every name is understood as an answer."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from deltarule.equations.shape import Shape, make_shape
from deltarule.lecture.answers import read_answer
from deltarule.lecture.symbols import NOTATIONS, Symbols, every_quantity, letter
from deltarule.lecture.terms import Quantity

SHAPES = [
    make_shape([2, 2, 1], "logistic", "logistic", bias=False),
    make_shape([3, 4, 2]),
    make_shape([2, 3, 2, 2]),
    make_shape([1, 12, 11]),
    make_shape([2, 1]),
]


def quantities(shape: Shape) -> list[Quantity]:
    last = range(1, shape.sizes[-1] + 1)
    deltas = [
        Quantity("delta", m, (j,)) for m in range(1, shape.layers + 1) for j in range(1, shape.sizes[m] + 1)
    ]
    return [*every_quantity(shape), *(Quantity("d", shape.layers, (k,)) for k in last), *deltas]


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: str(shape.sizes))
def test_a_name_is_understood_as_what_it_names(shape, notation) -> None:
    names = Symbols(shape, notation)
    for q in quantities(shape):
        if not (q.kind == "delta" and notation == "lecture"):  # ∂E/∂net is the lecture's, and no answer
            assert read_answer(names.text(q), shape).node.key == q.key, names.text(q)
            assert read_answer(names.latex(q), shape).node.key == q.key, names.latex(q)


@pytest.mark.parametrize("notation", NOTATIONS)
def test_no_two_quantities_share_a_name(notation) -> None:
    for shape in SHAPES:
        names = Symbols(shape, notation)
        written = [names.text(q) for q in quantities(shape)]
        assert len(set(written)) == len(written)


@pytest.mark.parametrize("notation", NOTATIONS)
def test_mathml_is_xml_and_sympy_tells_quantities_apart(notation) -> None:
    names = Symbols(SHAPES[1], notation)
    found = quantities(SHAPES[1])
    for q in found:
        ElementTree.fromstring(names.mathml(q))
    assert len({names.sympy(q) for q in found}) == len(found)


# docs/notation.md, "Three ways to write the same"
TABLE = [
    (Quantity("net", 1, ("j",)), "net_nj^(0,1)", "net_nj^(0,1)", "z_nj^(1)"),
    (Quantity("y", 1, ("j",)), "y_nj^(1,2)", "y_nj^(1)", "a_nj^(1)"),
    (Quantity("y", 2, ("k",)), "o_nk", "o_nk", "a_nk^(2)"),
    (Quantity("d", 2, ("k",)), "d_nk", "d_nk", "t_nk"),
    (Quantity("delta", 1, ("j",)), "∂E/∂net_nj^(0,1)", "δ_nj^(1)", "δ_nj^(1)"),
    (Quantity("w", 1, ("i", "j")), "w_ij^(0,1)", "w_ij^(0,1)", "w_ij^(1)"),
]


@pytest.mark.parametrize(("quantity", "lecture", "layer", "textbook"), TABLE)
def test_the_three_notations_are_those_of_the_table(quantity, lecture, layer, textbook) -> None:
    assert [Symbols(SHAPES[1], notation).text(quantity) for notation in NOTATIONS] == [
        lecture,
        layer,
        textbook,
    ]


def test_units_above_nine_are_parted_by_a_comma() -> None:
    names = Symbols(SHAPES[3])
    assert names.text(Quantity("w", 2, (3, 7))) == "w_3,7^(1,2)"
    assert names.text(Quantity("net", 1, (12,))) == "net_n,12^(0,1)"
    assert [letter(m, 4) for m in range(5)] == ["i", "j", "h2", "h3", "k"]

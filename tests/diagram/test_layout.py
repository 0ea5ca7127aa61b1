"""Pictures of networks: nothing overlaps, everything is there, and what is left out is said."""

from __future__ import annotations

import itertools
from xml.etree import ElementTree

import numpy as np
import pytest

from deltarule.diagram import Content, Matrix, Picture, lay_out, svg, tikz
from deltarule.diagram.labels import Label, number
from deltarule.diagram.layout import BLANKS, MOST_LABELS
from deltarule.diagram.weights import layer_roles, unit_output, weights_content

SIZES = [(2, 2, 1), (3, 4, 2), (1, 1), (4, 5, 3), (3, 2, 2, 2), (8, 16, 16, 4), (4, 6, 1), (2, 9, 2)]


def symbols(sizes: tuple[int, ...]) -> Content:
    last = len(sizes) - 1
    comma = "," if max(sizes) > 9 else ""
    units = [(m, j) for m, size in enumerate(sizes) for j in range(1, size + 1)]
    weights = {
        (m, i, j): f"w_{i}{comma}{j}^({m - 1},{m})"
        for m in range(1, last + 1)
        for i in range(1, sizes[m - 1] + 1)
        for j in range(1, sizes[m] + 1)
    }
    return Content(
        inside={(m, j): unit_output(m, j, last) for m, j in units},
        above={(m, j): f"b_{j}^({m})" for m, j in units if m},
        below={(m, j): f"net_n{j}^({m - 1},{m})" for m, j in units if m},
        weights=weights,
        layers=layer_roles(last),
        matrices=[
            Matrix(
                f"W^({m - 1},{m})",
                [[f"w_{i}{comma}{j}" for j in range(1, sizes[m] + 1)] for i in range(1, sizes[m - 1] + 1)],
            )
            for m in range(1, last + 1)
        ],
        caption="a caption of some length that stands at the foot of the picture",
    )


def numbers(sizes: tuple[int, ...]) -> Content:
    random = np.random.default_rng(len(sizes))
    pairs = list(itertools.pairwise(sizes))
    return weights_content(
        sizes, [random.normal(0, 3, pair) for pair in pairs], [random.normal(size=j) for _, j in pairs]
    )


def blanks(sizes: tuple[int, ...]) -> Content:
    names = itertools.chain(BLANKS, itertools.repeat("?"))
    content = symbols(sizes)
    return Content(
        inside={at: next(names) for at in content.inside},
        below={at: next(names) for at in content.below},
        weights={at: next(names) for at in content.weights},
    )


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("content", [symbols, numbers, blanks])
def test_no_two_texts_overlap_and_none_leaves_the_picture(sizes, content) -> None:
    picture = lay_out(sizes, content(sizes))
    assert picture.overlaps() == []
    for text in picture.texts:
        assert text.box.left >= 0 and text.box.top >= 0, text.label
        assert text.box.right <= picture.width and text.box.bottom <= picture.height, text.label


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_every_unit_and_every_weight_is_drawn(sizes) -> None:
    picture = lay_out(sizes, symbols(sizes))
    assert len(picture.units) == sum(sizes)
    assert sum(not line.style for line in picture.lines) == sum(i * j for i, j in itertools.pairwise(sizes))


@pytest.mark.parametrize("sizes", [(2, 2, 1), (3, 4, 2), (4, 6, 1)], ids=str)
def test_few_weights_have_their_label_on_the_line(sizes) -> None:
    written = [
        text.label for text in lay_out(sizes, symbols(sizes)).texts if text.plate and text.label.base == "w"
    ]
    assert len(written) == sum(i * j for i, j in itertools.pairwise(sizes) if i * j <= MOST_LABELS)


def test_weight_labels_hide_no_unit() -> None:
    picture = lay_out((3, 4, 2), symbols((3, 4, 2)))
    for text in picture.texts:
        if text.label.base == "w" and text.plate:
            assert not any(text.box.overlaps(unit.box) for unit in picture.units)


def test_a_large_layer_says_how_many_units_are_left_out() -> None:
    picture = lay_out((30, 17, 2))
    said = [text.label.base for text in picture.texts]
    assert {"24 more", "11 more", "layer 0 has 30 units, layer 1 has 17 units: 6 drawn of each"} <= set(said)
    assert len(picture.units) == 6 + 6 + 2
    assert picture.overlaps() == []


@pytest.mark.parametrize("sizes", [*SIZES, (40, 40, 1)], ids=str)
def test_the_svg_is_valid_xml_and_names_its_network(sizes) -> None:
    root = ElementTree.fromstring(svg(lay_out(sizes, Content(caption='1 < 2 & "quoted"'))))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    title = root.find("{http://www.w3.org/2000/svg}title")
    assert title is not None and title.text == f"A {'-'.join(map(str, sizes))} network"


def test_the_tikz_has_a_node_for_each_text_and_balanced_braces() -> None:
    picture: Picture = lay_out((3, 4, 2), symbols((3, 4, 2)))
    written = tikz(picture)
    assert written.count(r"\node") == len(picture.texts)
    assert written.count(r"\draw") == len(picture.units) + len(picture.lines)
    assert written.count("{") == written.count("}")
    assert "$w_{11}^{(0,1)}$" in written


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("w_12^(0,1)", Label("w", "12", "(0,1)")),
        ("w_1,12^(0,1)", Label("w", "1,12", "(0,1)")),
        ("net_nk^(1,2)", Label("net", "nk", "(1,2)")),
        ("W^(0,1)", Label("W", "", "(0,1)")),
        ("o_n1", Label("o", "n1")),
        ("−0.53", Label("−0.53")),
        ("net 0.5", Label("net 0.5")),
    ],
)
def test_a_label_is_read_as_base_index_and_layer(text, label) -> None:
    assert Label.read(text) == label


@pytest.mark.parametrize("value", [0.0, 1.0, -1.0, 0.000999, -123456.0, 1e-300, -1e300, 999.9, 9999.4])
def test_a_number_keeps_two_digits_that_count_in_eight_characters(value) -> None:
    written = number(value)
    assert len(written) <= 8
    assert float(written.replace("−", "-")) == pytest.approx(value, rel=0.05)

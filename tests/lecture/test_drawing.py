"""Pictures of the lecture: symbols, numbers, gradients; readable at every size, the path of a weight lit."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from deltarule import Network
from deltarule.errors import InputError, UnknownName
from deltarule.lecture.drawing import SHOWS, draw, path_of

SIZES = [[2, 2, 1], [3, 4, 2], [2, 2, 2, 1], [8, 16, 16, 4], [40, 30, 1]]


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("show", SHOWS)
@pytest.mark.parametrize("notation", ["lecture", "textbook"])
def test_every_picture_is_free_of_overlaps_and_valid(sizes, show, notation) -> None:
    network = Network(sizes, seed=1)
    X, D = np.random.default_rng(0).normal(size=(3, sizes[0])), np.zeros((3, sizes[-1]))
    drawing = draw(network, show, notation, X, D, weight="w_1,1^(0,1)")
    assert drawing.picture.overlaps() == []
    ElementTree.fromstring(drawing.svg)
    assert drawing.tikz.count("{") == drawing.tikz.count("}")


def test_the_numbers_are_those_of_the_sample() -> None:
    network = Network.lecture([2, 2, 1], seed=1)
    X = [[0.0, 1.0], [0.5, -1.0]]
    texts = {text.label.base for text in draw(network, "numbers", X=X, sample=2).picture.texts}
    trace = network.forward(X)
    assert f"{trace.o[1, 0]:.3g}" in texts
    assert f"net {trace.net[0][1, 0]:.3g}".replace("-", "−") in texts


def test_the_path_is_lit_to_every_output() -> None:
    shape = Network.lecture([2, 2, 2]).shape
    assert path_of(shape, "w_12^(0,1)") == {(1, 1, 2), (1, 2), (2, 2, 1), (2, 2, 2), (2, 1), (2, 2)}


def test_what_is_missing_is_said() -> None:
    network = Network.lecture([2, 2, 1])
    with pytest.raises(InputError, match="needs X and D"):
        draw(network, "gradients")
    with pytest.raises(InputError, match="sample must be between 1 and 1"):
        draw(network, "numbers", X=[[0.0, 0.0]], sample=2)
    with pytest.raises(UnknownName, match="did you mean 'symbols'"):
        draw(network, "symbol")


@pytest.mark.parametrize("sizes", [[12, 11, 2], [40, 30, 1], [16, 16, 16]], ids=str)
def test_the_weight_asked_for_has_its_label_among_however_many(sizes) -> None:
    drawing = draw(Network(sizes), weight="w_2,3^(0,1)")
    labels = [text.label for text in drawing.picture.texts if text.label.sub == "2,3" and text.label.sup]
    assert len(labels) == 1 and (labels[0].base, labels[0].sup) == ("w", "(0,1)")
    assert drawing.picture.overlaps() == []


def test_the_matrices_are_headed_in_the_notation_asked_for() -> None:
    heads = {
        notation: [
            text.label.sup
            for text in draw(Network([2, 1]), notation=notation).picture.texts
            if text.label.base == "W"
        ]
        for notation in ("lecture", "textbook")
    }
    assert heads == {"lecture": ["(0,1)"], "textbook": ["(1)"]}

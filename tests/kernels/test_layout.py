"""Where everything lies in a tile, for the vectors of every processor, also of those that the tests do not run on."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deltarule.equations.shape import make_shape
from deltarule.kernels.layout import (
    FROM,
    KIND,
    LAYER,
    LD,
    NARROW,
    PANELS,
    STRIP,
    TO,
    WIDTH,
    D,
    I,
    J,
    W,
    Y,
    lanes_layout,
    panels,
    tiles_layout,
)  # fmt: skip

# lanes, panel, line, depth: AVX-512, AVX2, NEON and SSE, each in float32 and float64
PROCESSORS = {
    "AVX-512, float32": (16, 64, 16, 128), "AVX-512, float64": (8, 32, 8, 128),
    "AVX2, float32": (8, 16, 16, 256), "AVX2, float64": (4, 8, 8, 256),
    "NEON, float32": (4, 16, 16, 256), "NEON, float64": (2, 8, 8, 256),
    "SSE, float32": (4, 8, 16, 256), "SSE, float64": (2, 4, 8, 256),
}  # fmt: skip


@pytest.mark.parametrize("processor", PROCESSORS)
@settings(max_examples=30, deadline=None)
@given(sizes=st.lists(st.integers(1, 1100), min_size=2, max_size=5), tiles=st.integers(1, 4))
def test_no_panel_and_no_block_crosses_a_strip_and_no_two_things_overlap(
    processor: str, sizes: list[int], tiles: int
) -> None:
    lanes, panel, line, depth = PROCESSORS[processor]
    rows = tiles * lanes
    layout = tiles_layout(make_shape(tuple(sizes)), lanes, rows, panel, line, depth)
    strip, length = layout.x
    strips, taken = [strip], [(0, -(-sizes[0] // strip) * length * rows)]
    for m, layer in enumerate(layout.layers):
        hidden = m < len(layout.layers) - 1
        assert layer[NARROW] or layer[STRIP] <= layer[LD]
        assert not hidden or layer[STRIP] <= depth
        if not layer[NARROW]:
            for start, wide in panels(int(layer[WIDTH]), lanes, panel):
                assert start // layer[STRIP] == (start + wide - 1) // layer[STRIP]
                assert start % layer[STRIP] + wide <= layer[LD]
        high = -(-int(layer[J]) // int(layer[STRIP])) * int(layer[LD]) * rows
        taken += [(int(layer[at]), int(layer[at]) + high) for at in (Y, D)]
        strips.append(int(layer[STRIP]))
    for block in layout.blocks[layout.blocks[:, KIND] == PANELS]:
        below = strips[block[LAYER]]
        assert block[FROM] // below == (block[TO] - 1) // below
    taken += [(layout.targets, layout.share), (layout.share, layout.spare)]
    taken.append((layout.spare, layout.row * rows))
    taken.sort()
    assert all(before[1] <= after[0] for before, after in pairwise(taken))


@pytest.mark.parametrize("processor", PROCESSORS)
@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 60), min_size=2, max_size=5), tiles=st.integers(1, 4), bias=st.booleans()
)
def test_in_the_lanes_every_weight_has_its_two_rows_and_no_two_things_overlap(
    processor: str, sizes: list[int], tiles: int, bias: bool
) -> None:
    lanes, panel, _, _ = PROCESSORS[processor]
    rows, shape = tiles * lanes, make_shape(tuple(sizes), bias=bias)
    layout = lanes_layout(shape, lanes, rows, panel)
    below, taken = 0, [(0, (sizes[0] + 1) * rows)]
    for layer in layout.layers:
        i, j = np.indices((layer[I] + bias, layer[J]))
        pairs = np.stack([below + i * rows, layer[D] + j * rows], axis=2).reshape(-1, 2)
        assert np.array_equal(layout.pairs[layer[W] :][: len(pairs)], pairs)
        taken += [(layer[Y], layer[Y] + (layer[J] + 1) * rows), (layer[D], layer[D] + layer[J] * rows)]
        below = layer[Y]
    zeros = layout.pairs[shape.size :]
    assert len(layout.pairs) == layout.size
    assert np.all(zeros == layout.row * rows - rows)
    targets = sizes[-1] * rows
    taken += [(at, at + targets) for at in (layout.targets, layout.share)] + [
        (layout.row * rows - rows, layout.row * rows)
    ]
    taken.sort()
    assert all(before[1] <= after[0] for before, after in pairwise(taken))

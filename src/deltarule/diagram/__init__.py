"""A network drawn from sizes, labels and numbers: laid out once, written as SVG or TikZ."""

from deltarule.diagram.layout import Content, Matrix, lay_out
from deltarule.diagram.shapes import Picture
from deltarule.diagram.svg import svg
from deltarule.diagram.tikz import tikz

__all__ = ["Content", "Matrix", "Picture", "lay_out", "svg", "tikz"]

"""How the documentation is built: MyST pages, formulas as MathML that browsers draw themselves, nothing fetched."""

from __future__ import annotations

import inspect
from typing import Any

import latex2mathml.converter
from docutils import nodes

import deltarule

project = "deltarule"
author = "deltarule authors"
copyright = author
version = release = deltarule.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "alabaster"
html_theme_options = {
    "description": deltarule.__doc__.splitlines()[0],
    "page_width": "72rem",
    "sidebar_width": "15rem",
}
html_math_renderer = "mathml"
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["page.css"]
autodoc_typehints = "none"
autodoc_member_order = "bysource"


def _draw(translator: Any, node: nodes.Element, display: str) -> None:
    translator.body.append(latex2mathml.converter.convert(node.astext(), display=display))
    raise nodes.SkipNode


def _as_written(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Our docstrings are laid out for a reader of the source: shown as they are written, not as markup."""
    text = inspect.cleandoc("\n".join(lines))
    first, _, rest = text.partition("\n\n")
    body = ["::", "", *(f"    {line}" for line in rest.strip("\n").split("\n"))] if rest.strip() else []
    lines[:] = [
        first.replace("*", "\\*").replace("`", "``").replace("_", "\\_").replace("|", "\\|"),
        "",
        *body,
        "",
    ]


def setup(app: Any) -> None:
    app.add_html_math_renderer(
        "mathml",
        inline_renderers=(lambda self, node: _draw(self, node, "inline"), None),
        block_renderers=(lambda self, node: _draw(self, node, "block"), None),
    )
    app.connect("autodoc-process-docstring", _as_written)

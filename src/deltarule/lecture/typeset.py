"""A text with formulas in it, typeset: for a page, or in pieces of which anyone can make elements."""

from __future__ import annotations

import re
from html import escape

from deltarule.diagram.labels import Label

_NAME = re.compile(
    r"(?P<base>(?:net|mean|sum|[WwxyodlabztEδSΣ])'?)(?=[_^])(?:_(?P<sub>[\dnijkch]+(?:,[\dkh]+)?))?"
    r"(?:\^(?P<sup>\([\w,]+\)|\d+))?"
)


def pieces(text: str) -> list[str | Label]:
    """Text cut where names of quantities stand.

    >>> pieces("‖δ^(m)‖ of x_1^2")
    ['‖', Label(base='δ', sub='', sup='(m)'), '‖ of ', Label(base='x', sub='1', sup='2'), '']
    """
    found: list[str | Label] = []
    at = 0
    for match in _NAME.finditer(text):
        before = text[match.start() - 1 : match.start()]
        if not (match["sub"] or match["sup"]) or (before.isalpha() and before not in "∂Δ"):
            continue
        found += [text[at : match.start()], Label(match["base"], match["sub"] or "", match["sup"] or "")]
        at = match.end()
    return [*found, text[at:]]


def rich(text: str) -> str:
    """Text for a page: names of quantities with their indices below and above.

    >>> rich("w_11^(0,1) < 2")
    '<i>w</i><sub>11</sub><sup>(0,1)</sup> &lt; 2'
    """
    return "".join(_rich(part) if isinstance(part, Label) else escape(part) for part in pieces(text))


def _rich(label: Label) -> str:
    sub = f"<sub>{label.sub}</sub>" if label.sub else ""
    return f"<i>{label.base}</i>{sub}" + (f"<sup>{label.sup}</sup>" if label.sup else "")

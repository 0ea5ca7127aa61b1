"""A text with formulas in it, for LaTeX: each formula is set whole, in math, and the rest is text.

A formula is a run of names, numbers, letters and operators that says more than words can: it has a quantity's name, a
symbol such as ∂, or a letter and an =. A bracket belongs to it where no words stand inside, a comma only in such a
bracket, and a space where an operator stands beside it or between two factors.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from deltarule.diagram.labels import Label
from deltarule.diagram.layout import BLANKS
from deltarule.lecture.typeset import pieces

_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<net>(?<=∂)net)|(?P<known>MSE\b)|(?P<symbol>[∂Σ∇δηΔ‖½]|MSE_\d)|(?P<word>\d+x\d+|[A-Za-z]{2,}(?:_\w+)?)"
    r"|(?P<number>\d+(?:\.\d+)?(?:e[-+]?\d+)?)|(?P<primed>[A-Za-z]'+)|(?P<letter>[A-Za-z])"
    rf"|(?P<power>²|\^\d+)|(?P<operator>[-=+−·×/*<>≤→])|(?P<open>[(\[])|(?P<close>[)\]])|(?P<comma>,)"
    rf"|(?P<blank>[{BLANKS}])|(?P<other>.)",
    re.DOTALL,
)
_MATH = {
    "∂": r"\partial ", "Σ": r"\sum ", "∇": r"\nabla ", "δ": r"\delta ", "η": r"\eta ", "Δ": r"\Delta ", "‖": r"\|",
    "½": r"\frac{1}{2}", "²": "^{2}", "−": "-", "·": r"\cdot ", "*": r"\cdot ", "×": r"\times ", "≤": r"\leq ",
    "→": r"\to ", "net": r"\mathrm{net}",
}  # fmt: skip
_TEXT = {
    "∂": r"$\partial$", "Σ": r"$\Sigma$", "²": r"$^2$", "−": "$-$", "·": r"$\cdot$", "‖": r"$\|$", "δ": r"$\delta$",
    "η": r"$\eta$", "Δ": r"$\Delta$", "≤": r"$\leq$", "½": r"$\frac12$", "∇": r"$\nabla$", "→": r"$\to$",
    "×": r"$\times$", "_": r"\_", "%": r"\%",
    "#": r"\#", "&": r"\&", "$": r"\$", "{": r"\{", "}": r"\}", "^": r"\^{}", "~": r"\~{}", "\\": r"\textbackslash{}",
}  # fmt: skip
_BREAKING = frozenset({"word", "other"})
_FACTORS = frozenset(
    {"name", "net", "known", "number", "primed", "symbol", "open", "close", "power", "blank"}
)
_TELLING = frozenset({"name", "net", "primed", "symbol"})


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    label: Label | None = None


def tex(text: str) -> str:
    """Text for LaTeX: formulas in math, special characters disarmed.

    >>> print(tex("-∂E/∂w_11^(0,1) = -mean_n(x_n1), 50 % of a 2-2-1 network"))
    $-\\partial E/\\partial w_{11}^{(0,1)} = -\\mathrm{mean}_{n}(x_{n1})$, 50 \\% of a 2-2-1 network
    """
    tokens = _without_brackets_of_words(_tokens(text.rstrip()))
    written, at = "", 0
    while at < len(tokens):
        end = _end_of_formula(tokens, at)
        if end > at:
            written += f"${_math(tokens[at:end]).strip()}$"
            at = end
        else:
            written += _plain(tokens[at])
            at += 1
    return written + text[len(text.rstrip()) :]


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    for part in pieces(text):
        if isinstance(part, Label):
            found.append(_Token("name", "", part))
            continue
        found += [_Token(str(match.lastgroup), match[0]) for match in _TOKEN.finditer(part)]
    return found


def _without_brackets_of_words(tokens: list[_Token]) -> list[_Token]:
    """Brackets around words, and commas outside of brackets, made text."""
    found, open_at = list(tokens), list[int]()
    for at, token in enumerate(tokens):
        if token.kind == "open":
            open_at.append(at)
        elif token.kind == "close" and open_at:
            start = open_at.pop()
            if any(inner.kind in _BREAKING for inner in found[start + 1 : at]):
                found[start], found[at] = replace(found[start], kind="other"), replace(token, kind="other")
        elif token.kind == "close":
            found[at] = replace(token, kind="other")
    for at in open_at:
        found[at] = replace(found[at], kind="other")
    depth = 0
    for at, token in enumerate(found):
        depth += (token.kind == "open") - (token.kind == "close")
        if token.kind == "comma" and not depth:
            found[at] = replace(token, kind="other")
    return found


def _end_of_formula(tokens: Sequence[_Token], start: int) -> int:
    """Where the formula that begins there ends; the start itself where none does."""
    first = tokens[start]
    if first.kind in ("space", "close", "comma", "power", *_BREAKING):
        return start
    if first.kind == "operator" and not (first.text in "-−" and _is_factor(tokens, start + 1)):
        return start
    end, depth = start, 0
    while end < len(tokens):
        token = tokens[end]
        if token.kind in _BREAKING or (token.kind == "space" and not depth and not _joins(tokens, end)):
            break
        depth += (token.kind == "open") - (token.kind == "close")
        if depth < 0:
            break
        end += 1
    while end > start and (tokens[end - 1].kind == "space" or _dangles(tokens, end - 1)):
        end -= 1
    run = tokens[start:end]
    equation = any(t.text == "=" for t in run) and any(t.kind in ("letter", "known") for t in run)
    return end if equation or any(token.kind in _TELLING for token in run) else start


def _is_factor(tokens: Sequence[_Token], at: int) -> bool:
    return at < len(tokens) and (tokens[at].kind in _FACTORS or tokens[at].kind == "letter")


def _joins(tokens: Sequence[_Token], at: int) -> bool:
    """Whether a space stands inside of a formula."""
    if at + 1 == len(tokens) or at == 0:
        return False
    before, after = tokens[at - 1], tokens[at + 1]
    return "operator" in (before.kind, after.kind) or (before.kind in _FACTORS and after.kind in _FACTORS)


def _dangles(tokens: Sequence[_Token], at: int) -> bool:
    """Whether an operator has nothing behind it; an = at the very end waits for an answer."""
    return tokens[at].kind == "operator" and not (tokens[at].text == "=" and at + 1 == len(tokens))


def _math(run: Sequence[_Token]) -> str:
    written = ""
    for at, token in enumerate(run):
        if token.label:
            raised = at + 1 < len(run) and run[at + 1].kind == "power" and token.label.sup
            written += f"{{{token.label.latex}}}" if raised else token.label.latex
        elif token.kind == "blank":
            written += rf"\text{{{_plain(token)}}}"
        elif token.kind == "power":
            written += _MATH.get(token.text) or f"^{{{token.text[1:]}}}"
        else:
            written += _MATH.get(token.text, token.text.replace("MSE", r"\mathrm{MSE}"))
    return written


def _plain(token: _Token) -> str:
    if token.label:
        return f"${token.label.latex}$"
    if token.kind == "blank":
        return rf"\textcircled{{{BLANKS.index(token.text) + 1}}}"
    return "".join(_TEXT.get(c, c) for c in token.text)

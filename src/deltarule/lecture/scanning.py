"""A typed answer cut into tokens: plain text, Python or simple LaTeX, told apart character by character.

Nothing is executed, and nothing here takes longer than the text is long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from deltarule.errors import ExpressionError

LONGEST, DEEPEST, MOST_DIGITS, MOST_POWER, MOST_POWERS = 2000, 40, 30, 300, 50

_SKIPPED = re.compile(r"(?:\s|\$|&|~|\\(?:left|right|big|Big|displaystyle|quad|qquad|limits)\b|\\[,;:! ])+")
_TIMES = re.compile(r"\*(?!\*)|[·×⋅∗•]|\\(?:cdot|times)\b")
_COMMA = (
    r"(?:(?<![({])\d+,\d+(?![\d.])|\d+,\d+(?![\d.]|\s*[)}]))"  # a decimal comma; (0,1) is a pair of layers
)
_NUMBER = re.compile(rf"(?:{_COMMA}|\d+\.?\d*|\.\d+)(?:[eE](?P<power>[+-]?\d+))?|½")
_LETTERS = re.compile(r"[A-Za-z]+|[σδηΣ∑∂∆Δφ]")
_RAISED = re.compile("[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2}")
_PLAIN = str.maketrans("⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹", "-+0123456789")
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_MACRO = re.compile(r"\\([A-Za-z]+)")
_WORD_MACRO = re.compile(r"\\(?:mathrm|text|mathit|operatorname|textit|mathsf)\s*\{\s*([A-Za-z]+)\s*\}")
_INDEX = re.compile(r"_\s*(?:\{([^{}]{1,24})\}|((?:n|h\d|[ijkcpqr]|\d)(?:,?(?:h\d|[ijkcpqr]|\d))*))")
_UPPER = re.compile(
    r"\^\s*(?:\{\s*\(?\s*(\d+\s*,\s*\d+)\s*\)?\s*\}|\{\s*\(\s*(\d+)\s*\)\s*\}|\(\s*(\d+(?:\s*,\s*\d+)?)\s*\))"
)
_BARE_UPPER = re.compile(r"\(\s*(\d+\s*,\s*\d+)\s*\)")
_PRIMES = re.compile(r"(?:'|′|’|\^\s*\{\s*(?:\\prime\s*)+\}|\^\s*\\prime\b|\^\s*')+")
_TRAILING = re.compile(r"\d+(?![\d.])")
_NAMED = {"partial": "∂", "sum": "Σ", "delta": "δ", "sigma": "σ", "eta": "η", "Delta": "Δ", "varphi": "φ"}
SUMS = {
    "mean": "mean", "Mean": "mean", "avg": "mean", "average": "mean", "sum": "sum", "Sum": "sum", "Σ": "sum",
}  # fmt: skip
_FRACTIONS = frozenset({"frac", "dfrac", "tfrac"})
_INDEXED = frozenset({"x", "y", "o", "d", "l", "t", "z", "a", "w", "W", "b", "net", "delta", "δ"})
_SAMPLED_RUN = re.compile(r"(x|y|o|d|l|t|z|a|net)n")
_LAYERED = frozenset({"y", "w", "W", "b", "net", "a", "z", "δ", "delta", "o"})
_OPEN, _CLOSE = "([{", ")]}"


@dataclass(frozen=True)
class Token:
    """One token: its kind (number, name, operator, raised, fraction), text, and where it starts, counted from 0."""

    kind: str
    text: str
    start: int
    index: str = ""  # what stands below: n1, 12
    upper: str = ""  # the layer above: 0,1
    primes: int = 0
    apart: bool = False  # whether a space stands before it


def scan(text: str) -> list[Token]:
    """The tokens of an answer.

    Raises ExpressionError for a text that is too long, nested too deeply or holds a character without meaning.
    """
    if len(text) > LONGEST:
        raise ExpressionError(f"the answer has {len(text):,} characters; at most {LONGEST:,} are read.")
    text = text.translate(_LOWERED)
    tokens: list[Token] = []
    open_at: list[int] = []
    signs = powers = at = 0
    while True:
        skipped = _SKIPPED.match(text, at)
        at = skipped.end() if skipped else at
        if at >= len(text):
            break
        token, at = _next(text, at)
        tokens.append(replace(token, apart=skipped is not None))
        signs = signs + 1 if token.text in ("-", "+", "^") else 0 if token.kind != "operator" else signs
        if token.text in _OPEN and token.kind == "operator":
            open_at.append(token.start)
        elif token.text in _CLOSE and token.kind == "operator":
            if not open_at:
                raise error(f"this {token.text} closes no bracket", token.start)
            open_at.pop()
        powers += token.text == "^" or token.text in SUMS
        if len(open_at) + signs > DEEPEST or powers > MOST_POWERS:
            raise error(f"the answer is nested more than {DEEPEST} deep", token.start)
    if open_at:
        raise error("this bracket is never closed", open_at[-1])
    if not tokens:
        raise ExpressionError("there is no answer yet: type a formula, or ? for the grammar.")
    return tokens


def error(message: str, start: int) -> ExpressionError:
    """An error with its position, counted from 1."""
    return ExpressionError(f"{message} at position {start + 1}.", start + 1)


def _next(text: str, at: int) -> tuple[Token, int]:
    times = _TIMES.match(text, at)
    if times:
        return Token("operator", "*", at), times.end()
    number = _NUMBER.match(text, at)
    if number:
        if sum(c.isdigit() for c in number[0]) > MOST_DIGITS:
            raise error(f"a number of more than {MOST_DIGITS} digits", at)
        if abs(int(number["power"] or 0)) > MOST_POWER:
            raise error(f"a number that is too large or too small, beyond 1e±{MOST_POWER},", at)
        return Token("number", "0.5" if number[0] == "½" else number[0].replace(",", "."), at), number.end()
    if text.startswith("**", at):
        return Token("operator", "^", at), at + 2
    if text[at] in "+/^()[]{}=,":
        return Token("operator", text[at], at), at + 1
    if text[at] == "∝" or text.startswith("\\propto", at):
        return Token("operator", "=", at), at + (1 if text[at] == "∝" else len("\\propto"))
    if text[at] in "-−–":
        return Token("operator", "-", at), at + 1
    raised = _RAISED.match(text, at)
    if raised:
        return Token("raised", raised[0].translate(_PLAIN), at), raised.end()
    word = _WORD_MACRO.match(text, at)
    if word:
        return _name(text, word[1], at, word.end())
    macro = _MACRO.match(text, at)
    if macro:
        if macro[1] in _FRACTIONS:
            return Token("fraction", "/", at), macro.end()
        return _name(text, _NAMED.get(macro[1], macro[1]), at, macro.end())
    letters = _LETTERS.match(text, at)
    if letters:
        return _name(text, letters[0], at, letters.end())
    raise error(f"the character {text[at]!r} has no meaning here", at)


def _name(text: str, name: str, start: int, at: int) -> tuple[Token, int]:
    """A name with all that hangs on it: indices, layer, primes, in any order."""
    index, upper, primes = "", "", 0
    name = {"∑": "Σ", "∆": "Δ"}.get(name, name)
    run = _SAMPLED_RUN.fullmatch(name)
    trailing = _TRAILING.match(text, at)
    if trailing and run:
        name, index, at = run[1], "n" + trailing[0], trailing.end()
    elif trailing and (name in _INDEXED or name.removeprefix("d") in _INDEXED):
        index, at = trailing[0], trailing.end()
    while at < len(text):
        prime = _PRIMES.match(text, at)
        below = _INDEX.match(text, at) if not index else None
        above = _UPPER.match(text, at) if not upper and _may_have_layer(name) else None
        bare = _BARE_UPPER.match(text, at) if not upper and index and _may_have_layer(name) else None
        if prime and not primes:
            primes = len(re.findall(r"'|′|’|prime", prime[0]))
            at = prime.end()
        elif below:
            index, at = re.sub(r"\s", "", below[1] or below[2]), below.end()
        elif above:
            found = above[1] or above[2] or above[3]
            if "," not in found and name.removeprefix("d") == "o":
                break  # o^(2) is a power
            upper, at = re.sub(r"\s", "", found), above.end()
        elif bare:
            upper, at = re.sub(r"\s", "", bare[1]), bare.end()
        else:
            break
    return Token("name", name, start, index, upper, primes), at


def _may_have_layer(name: str) -> bool:
    return name in _LAYERED or name.removeprefix("d") in _LAYERED or name == "E"

"""Settings in words: `cosine:warmup=0.1`, `l2:0.001`, `norm:1` → the small objects that `train` takes.

NAME                     as it stands
NAME:VALUE[,VALUE …]     with its first constants
NAME:KEY=VALUE[,…]       with the constants of these names
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import Any

from deltarule.errors import InputError, UnknownName

# pydantic's messages that say too much of how a text is read
EXPECTED = {
    "int_parsing": "input should be a whole number",
    "int_from_float": "input should be a whole number",
    "int_type": "input should be a whole number",
    "float_parsing": "input should be a number",
    "float_type": "input should be a number",
    "bool_parsing": "input should be true or false",
    "bool_type": "input should be true or false",
    "string_type": "input should be a text",
}


def fault_in_words(error: Mapping[str, Any]) -> str:
    """What was expected and what came, of one entry of pydantic's `ValidationError.errors()`.

    >>> fault_in_words({"type": "int_parsing", "msg": "Input should be a valid integer, unable to …", "input": "1.5"})
    "input should be a whole number, got '1.5'"
    """
    given = repr(error["input"])
    said = error["msg"].removeprefix("Value error, ").rstrip(".")
    expected = EXPECTED.get(error["type"]) or f"{said[0].lower()}{said[1:]}"
    return expected if given in expected else f"{expected}, got {given}"


def from_words(
    kind: str,
    text: str,
    known: Mapping[str, Callable[..., Any]],
    aliases: Mapping[str, str] | None = None,
    instead: Mapping[str, str] | None = None,
) -> Any:
    """What `known` makes of a name (or an alias of one) and its constants; `instead` says what to do for others.

    >>> from deltarule.equations.penalties import L1, L2
    >>> from_words("penalty", "l2:0.5", {"l1": L1, "l2": L2}).l2
    0.5
    """
    name, colon, rest = text.strip().partition(":")
    name = (aliases or {}).get(name, name)
    if name not in known:
        raise UnknownName(kind, name, [*known, *(aliases or {})], (instead or {}).get(name))
    make = known[name]
    constants = {
        p.name: p for p in signature(make).parameters.values() if p.kind is not Parameter.VAR_KEYWORD
    }
    given: dict[str, float | int | str] = {}
    words = [part.strip() for part in rest.split(",")] if colon else []
    for position, word in enumerate(filter(None, words)):
        key, equals, value = word.partition("=")
        if not equals:
            if position >= len(constants):
                raise InputError(
                    f"{kind} '{text}': {name} takes {_constants(constants)}, so '{word}' is one too many"
                )
            key, value = list(constants)[position], word
        key = key.strip().replace("-", "_")
        if key not in constants:
            raise InputError(f"{kind} '{text}': {name} has no '{key}', it takes {_constants(constants)}")
        if key in given:
            raise InputError(f"{kind} '{text}': {name}'s {key} is given twice: leave one of them out")
        given[key] = _value(value.strip())
    missing = [key for key, p in constants.items() if p.default is Parameter.empty and key not in given]
    if missing:
        raise InputError(f"{kind} '{text}': {name} needs {' and '.join(missing)}, as in {name}:0.001")
    if not all(words):
        raise InputError(
            f"{kind} '{text}': nothing stands after a colon or a comma, {name} takes {_constants(constants)}"
        )
    for key, value in given.items():
        meant = constants[key].annotation
        if isinstance(value, str) and meant is not Parameter.empty and "str" not in str(meant):
            raise InputError(f"{kind} '{text}': {name}'s {key} is a number, got '{value}'")
    return make(**given)


def rule_in_words(told: str) -> str:
    """A rule as --rule takes it, from how Python writes it; constants are named where they are not the usual ones.

    >>> rule_in_words("GradientDescent()"), rule_in_words("Adam(beta_1=0.8, beta_2=0.999, epsilon=1e-08)")
    ('gradient', 'adam:beta_1=0.8')
    """
    from deltarule.descent.rules import RULES

    for name, make in RULES.items():
        (kind, usual), (asked, constants) = _taken_apart(repr(make())), _taken_apart(told)
        if kind == asked:
            own = [constant for constant in constants if constant not in usual]
            return f"{name}:{','.join(own)}" if own else name
    return told


def _taken_apart(told: str) -> tuple[str, list[str]]:
    """`Adam(beta_1=0.9, epsilon=1e-08)` as its name and its constants."""
    name, _, constants = told.removesuffix(")").partition("(")
    return name, [constant for constant in constants.split(", ") if constant]


def _constants(constants: Mapping[str, Parameter]) -> str:
    return ", ".join(constants) or "no constants"


def _value(text: str) -> float | int | str:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            pass
    return text

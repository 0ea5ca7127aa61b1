"""Texts → kinds: whether a column's cells are numbers, dates, yes and no, or names of categories."""

from __future__ import annotations

import re
from typing import Any
from unicodedata import category

import numpy as np
from numpy.typing import NDArray

from deltarule.tables.arrow import arrow, text_array, text_scalar, to_floats, to_seconds
from deltarule.tables.column import Column, Form
from deltarule.tables.emptying import emptied, held_told
from deltarule.tables.missing import USUAL, Missing

# What 0 and 1 are called, in lower case.
BOOLEANS = (
    ("false", "true"),
    ("no", "yes"),
    ("f", "t"),
    ("n", "y"),
    ("off", "on"),
    ("nein", "ja"),
    ("falsch", "wahr"),
)
PLAIN = r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$"
COMMA = r"^[-+]?(\d+|[1-9]\d{0,2}(\.\d{3})+)?(,\d+)?([eE][-+]?\d+)?$"  # 1,5 and 1.234,5
GROUPED = r"^[-+]?([1-9]\d{0,2}(,\d{3})+|\d+)(\.\d*)?$"  # 1,234.5
MARKS = "'’ \u00a0\u2009\u202f"  # between thousands, beside points and commas
MEASURED = r"[-+−]?\d(?:[\d.,'’ ]*\d)?\.?\s*"  # what stands before a unit
BLANKS = r"[\s\x{a0}\x{202f}]*"
DATES = (
    (r"^\d{1,2}\.\d{1,2}\.\d{4}", ("%d.%m.%Y",)),
    (r"^\d{4}/\d{1,2}/\d{1,2}", ("%Y/%m/%d",)),
    (r"^\d{4}-\d{1,2}-\d{1,2}", ("%Y-%m-%d",)),
    (r"^\d{1,2}/\d{1,2}/\d{4}", ("%m/%d/%Y", "%d/%m/%Y")),
    (r"^\d{1,2}-\d{1,2}-\d{4}", ("%d-%m-%Y", "%m-%d-%Y")),
)
TIMES = ("", " %H:%M", " %H:%M:%S", "T%H:%M", "T%H:%M:%S")
STRAY_SHARE = 0.8  # from this share of numbers on, the other cells are taken for slips


def present(cells: Any, missing: Missing = USUAL) -> Any:
    """(N,) the cells trimmed, null where they are one of the words for missing; numbers are left as they stand."""
    pc = arrow("compute")
    if cast(cells, arrow().float64()) is not None:
        return cells
    trimmed = pc.utf8_trim_whitespace(cells)
    absent = pc.is_in(pc.utf8_lower(trimmed), value_set=text_array(sorted(missing.words)))
    return pc.if_else(absent, text_array([None])[0], trimmed)


def cast(cells: Any, kind: Any) -> Any:
    """The cells as another Arrow type, or None where one does not fit."""
    try:
        return arrow("compute").cast(cells, kind)
    except arrow().ArrowInvalid:
        return None


def all_match(cells: Any, pattern: str) -> bool:
    """Whether every cell that is not null matches."""
    pc = arrow("compute")
    return pc.all(pc.match_substring_regex(cells, pattern), min_count=0).as_py()


def any_match(cells: Any, pattern: str) -> bool:
    """Whether some cell matches."""
    pc = arrow("compute")
    return bool(pc.any(pc.match_substring_regex(cells, pattern), min_count=0).as_py())


def replaced(cells: Any, old: str, new: str) -> Any:
    return arrow("compute").replace_substring(cells, old, new)


def numbers(cells: Any, decimal: str = ".") -> NDArray[np.float64] | None:
    """(N,) numbers from present cells, NaN where null; None where a cell is no number.

    With a comma as decimal sign, points are marks between thousands.

    >>> numbers(text_array(["1.234,5", "-2", None]), ",").tolist()
    [1234.5, -2.0, nan]
    """
    pa = arrow()
    if decimal == "," and all_match(cells, COMMA):
        cells = replaced(replaced(cells, ".", ""), ",", ".")
    found = cast(cells, pa.float64())
    if found is None:
        tidy = replaced(cells, "−", "-")
        if all_match(tidy, GROUPED):
            tidy = replaced(tidy, ",", "")
        found = cast(tidy, pa.float64())
    return None if found is None else to_floats(found)


def ungrouped(cells: Any) -> tuple[Any, str]:
    """Present cells without the one mark, an apostrophe or a kind of space, between the thousands of numbers; and it.

    Where it is not so they come back as they are, with nothing for the mark.

    >>> cells, mark = ungrouped(text_array(["1'234.50", None, "-2"]))
    >>> cells.to_pylist(), mark
    (['1234.50', None, '-2'], "'")
    """
    pc = arrow("compute")
    marked = pc.filter(cells, pc.match_substring_regex(cells, rf"^[-+−]?[1-9]\d{{0,2}}[{MARKS}]\d{{3}}"))
    if not len(marked):
        return cells, ""
    mark = next(character for character in marked.slice(0, 1).to_pylist()[0] if character in MARKS)
    if not all_match(cells, rf"^[-+−]?(\d+|[1-9]\d{{0,2}}({mark}\d{{3}})+)([.,]\d*)?$"):
        return cells, ""
    return replaced(cells, mark, ""), mark


def is_sign(character: str) -> bool:
    """Whether a character is %, ‰ or a currency's sign."""
    return character in "%‰" or category(character) == "Sc"


def unsigned(cells: Any) -> tuple[Any, str]:
    """Present cells without the one sign, % or a currency's, that stands before or after all their numbers; and it.

    Where it is not so they come back as they are, with nothing for the sign.

    >>> cells, sign = unsigned(text_array(["€ 3,50", None, "-€1.234"]))
    >>> cells.to_pylist(), sign
    (['3,50', None, '-1.234'], '€')
    """
    pc = arrow("compute")
    first = pc.drop_null(cells).slice(0, 1).to_pylist()
    signs = set(filter(is_sign, "".join(first)))
    if len(signs) != 1:
        return cells, ""
    sign = signs.pop()
    beside = rf"^([-+]?){BLANKS}[{sign}]{BLANKS}|{BLANKS}[{sign}]$"
    if not all_match(cells, beside):
        return cells, ""
    bare = pc.replace_substring_regex(cells, beside, r"\1")
    plain, _ = ungrouped(bare)
    fits = numbers(plain) is not None or numbers(plain, ",") is not None
    return (bare, sign) if fits else (cells, "")


def unit_beside(cells: Any) -> str:
    """The unit that stands behind every number of a column of texts; nothing where it is not so.

    >>> unit_beside(text_array(["81 kg", None, "1,204.5kg"])), unit_beside(text_array(["12a", "13b"]))
    ('kg', '')
    """
    first = arrow("compute").drop_null(cells).slice(0, 1).to_pylist()
    found = re.fullmatch(rf"{MEASURED}([^\W\d_]\S{{0,9}})", first[0].strip()) if first else None
    if found is None or not all_match(cells, rf"^\s*{MEASURED}{re.escape(found[1])}\s*$"):
        return ""
    return found[1]


def dates(cells: Any) -> tuple[NDArray[np.datetime64], str] | None:
    """(N,) datetime64[s] from present cells, NaT where null, and the format; None where a cell is no date.

    >>> dates(text_array(["31.12.2024", None]))[0].astype(str).tolist()
    ['2024-12-31T00:00:00', 'NaT']
    """
    pa, pc = arrow(), arrow("compute")
    if all_match(cells, r"^\d{4}-\d\d-\d\d"):
        for kind in (pa.timestamp("us"), pa.timestamp("us", "UTC")):
            found = cast(cells, kind)
            if found is not None:
                return to_seconds(found), "ISO"
    for pattern, days in DATES:
        if not all_match(cells, pattern):
            continue
        for form in (day + time for day in days for time in TIMES):
            found = pc.strptime(cells, format=form, unit="s", error_is_null=True)
            if found.null_count == cells.null_count and same_day(cells, found, form):
                return to_seconds(found), form
    return None


def same_day(cells: Any, found: Any, form: str) -> bool:
    """Whether the dates are written back as they stood: 31.02. is not, it would become a day in March."""
    pc = arrow("compute")
    if found.null_count == len(found):
        return True
    stood, again = (
        pc.replace_substring_regex(texts, r"\b0+(\d)", r"\1") for texts in (cells, pc.strftime(found, form))
    )
    return bool(pc.all(pc.equal(stood, again)).as_py())


def booleans(cells: Any) -> tuple[NDArray[np.float64], tuple[str, str]] | None:
    """(N,) 0 and 1 from present cells, NaN where null, and what they are called; None where there are other words.

    >>> booleans(text_array(["Yes", "no", None]))
    (array([ 1.,  0., nan]), ('no', 'Yes'))
    """
    pc = arrow("compute")
    words = [word for word in pc.unique(cells).to_pylist() if word is not None]
    by_lower = {word.lower(): word for word in words}
    for pair in BOOLEANS:
        if words and by_lower.keys() <= set(pair):
            labels = tuple(by_lower.get(word, word) for word in pair)
            truth = pc.equal(pc.utf8_lower(cells), text_scalar(pair[1]))
            return to_floats(truth), (labels[0], labels[1])
    return None


def categories(cells: Any) -> NDArray[np.object_]:
    """(N,) object array of str, None where null; equal cells share one string."""
    pc = arrow("compute")
    cells = cells.combine_chunks() if hasattr(cells, "combine_chunks") else cells
    encoded = pc.dictionary_encode(cells)
    words = np.array([None, *encoded.dictionary.to_pylist()], dtype=object)
    codes = np.nan_to_num(to_floats(encoded.indices), nan=-1.0)
    return words[codes.astype(np.intp) + 1]


def stray_cell(cells: Any, decimal: str = ".") -> tuple[int, str, int] | None:
    """Row, text and count of the cells that are no numbers, where nearly all others are.

    >>> stray_cell(text_array([*["1,5"] * 9, "n/k"]), ",")
    (9, 'n/k', 1)
    """
    pc = arrow("compute")
    fits = pc.match_substring_regex(cells, COMMA if decimal == "," else PLAIN)
    good, full = pc.sum(fits).as_py() or 0, len(cells) - cells.null_count
    if good == full or good < STRAY_SHARE * full:
        return None
    row = pc.index(fits, False).as_py()
    return row, cells[row].as_py(), full - good


def typed(name: str, cells: Any, here: Any, decimal: str, missing: Missing = USUAL) -> Column:
    """A column from its cells (N,) and the present ones among them; missing: which numbers count as missing too.

    A column without any cell counts as numbers.
    """
    values = numbers(here, decimal)
    if values is not None:
        made = Column(name, "number", values, cells=cells, form=number_form(here, decimal))
        return held_told(emptied(made, missing), missing)
    if (truth := booleans(here)) is not None:
        made = Column(name, "boolean", truth[0], labels=truth[1], cells=cells)
    elif (days := dates(here)) is not None:
        made = Column(name, "date", days[0], cells=cells, form=Form(date=days[1]))
    else:
        made = Column(name, "category", categories(here), cells=cells)
    return held_told(made, missing)


def number_form(cells: Any, decimal: str) -> Form:
    """How present cells, which are numbers, are written.

    >>> number_form(text_array(["1.234,5", "2"]), ",") == Form(decimal=",", thousands=".")
    True
    """
    if decimal == "," and all_match(cells, COMMA):
        return Form(",", "." if any_match(cells, r"\.") else "")
    return Form(".", "," if any_match(cells, ",") else "")


def decimal_sign(columns: list[Any], delimiter: str) -> str:
    """A comma where some column's present cells are numbers with a decimal comma, else a point.

    Where the comma also delimits, `1,234` is taken for one thousand.

    >>> decimal_sign([text_array(["1,5", "2"])], ";"), decimal_sign([text_array(["1,234", "2"])], ",")
    (',', '.')
    """
    for here in columns:
        if (
            cast(here, arrow().float64()) is not None
            or not any_match(here, ",")
            or not all_match(here, COMMA)
        ):
            continue
        if delimiter != "," or not all_match(here, GROUPED):
            return ","
    return "."

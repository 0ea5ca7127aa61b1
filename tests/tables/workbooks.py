"""Workbooks made for the tests, as spreadsheet programs write them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import openpyxl


def workbook(sheets: dict[str, Sequence[Sequence[Any]]], hidden: Sequence[str] = ()) -> bytes:
    """The bytes of a workbook with these rows in its sheets."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(list(row))
        if name in hidden:
            page.sheet_state = "hidden"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def edited(data: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one of its parts changed: what openpyxl does not write by itself."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        assert part in old.namelist()
        for name in old.namelist():
            before = old.read(name)
            after = change(before) if name == part else before
            assert name != part or after != before
            new.writestr(name, after)
    return file.getvalue()

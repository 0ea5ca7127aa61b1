"""Arrays → tables: dictionaries, NumPy archives, Arrow tables, and data frames through Arrow."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import TableError
from deltarule.sentences import first_line, listed
from deltarule.tables.arrow import arrow, row_array, to_floats, to_seconds
from deltarule.tables.column import Column
from deltarule.tables.decoding import refuse_too_much
from deltarule.tables.emptying import emptied
from deltarule.tables.kinds import categories
from deltarule.tables.memory import as_array, column_of, without_kind
from deltarule.tables.missing import USUAL, Missing
from deltarule.tables.outliers import outliers
from deltarule.tables.stand_ins import stand_ins
from deltarule.tables.table import Table

EXACT = 2.0**53  # float64 cannot tell this whole number from the next


def table_of(
    columns: Mapping[Any, Any], source: str, notes: tuple[str, ...] = (), missing: Missing = USUAL
) -> Table:
    """A table of named arrays or lists; a two-dimensional array is one column for each of its own.

    >>> table_of({"X": [[1, 2], [3, 4]], "d": [True, False]}, "arrays").names
    ('X1', 'X2', 'd')
    """
    made: list[Column] = []
    for name, values in columns.items():
        array = values if isinstance(values, np.ndarray) else as_array(values, str(name), source)
        if array.ndim < 2:
            made.append(column_of(str(name), array, source, missing))
            continue
        flat = array.reshape(len(array), -1)
        width = flat.shape[1]
        names = [f"{name}{j}" for j in range(1, width + 1)] if width > 1 else [str(name)]
        made += [column_of(names[j], flat[:, j], source, missing) for j in range(width)]
    if not made:
        raise TableError(f"{source} has no columns: give at least one input and one target.")
    lengths = {column.name: len(column.values) for column in made}
    if len(set(lengths.values())) > 1:
        short = listed(f"{name} {length}" for name, length in lengths.items())
        raise TableError(f"{source} holds columns of different lengths ({short}): give each the same rows.")
    rows = len(made[0].values)
    if not rows:
        raise TableError(f"{source} has columns but no rows: add at least one.")
    lines = np.arange(1, rows + 1)
    told = (*outliers(made, source, "row", lines), *stand_ins(made, source, missing))
    notes = (*notes, *rounded(made, source, "row"), *told)
    return Table(tuple(made), source, lines, notes=notes, missing=missing.further)


def rounded(
    columns: list[Column], source: str, unit: str, lines: NDArray[np.int64] | None = None
) -> list[str]:
    """A sentence for each column of whole numbers beyond 2^53, which float64 cannot tell apart."""
    notes: list[str] = []
    for column in columns:
        if column.kind != "number" or not len(column.values):
            continue
        large = np.flatnonzero((np.abs(column.values) >= EXACT) & np.isfinite(column.values))
        if large.size and whole(column, large):
            at = int(large[0]) + 1 if lines is None else int(lines[large[0]])
            notes.append(
                f"{source}: column '{column.name}' holds whole numbers beyond 2^53 (first in {unit} {at}): "
                "they are rounded to 16 digits, so take it for text or leave it out if it is a number for reference."
            )
    return notes


def whole(column: Column, rows: NDArray[np.intp]) -> bool:
    """Whether a cell among `rows` was written as a whole number: digits, no point and no exponent."""
    if column.cells is None:
        return True
    cells = column.cells.take(row_array(rows[:1000]))
    kind = arrow().types
    if kind.is_floating(cells.type):
        return False
    return kind.is_integer(cells.type) or any(
        cell.strip().lstrip("+-").isdigit() for cell in cells.to_pylist()
    )


def read_npz(data: bytes, source: str, missing: Missing = USUAL) -> Table:
    """A table from a NumPy archive: each array a column, one with two or more axes a column for each entry."""
    try:
        with ZipFile(BytesIO(data)) as parts:
            refuse_too_much(sum(part.file_size for part in parts.infolist()), len(data), source)
        with np.load(BytesIO(data), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (TableError, MemoryError):
        raise
    except Exception as error:  # there is no end to what NumPy and zipfile stumble over in a damaged file
        why = (
            "Python objects, which only unpickling could read"
            if "pickle" in str(error)
            else first_line(error)
        )
        raise TableError(
            f"{source} is no NumPy archive that can be read ({why}): save plain arrays by `numpy.savez`."
        ) from error
    if not arrays:
        raise TableError(
            f"{source} holds no arrays: save at least one input and one target by `numpy.savez`."
        )
    for name, array in arrays.items():
        if not array.ndim:
            raise TableError(
                f"{source}: '{name}' is a single number, expected an array with a row for each sample: leave it out."
            )
    lengths = {len(array) for array in arrays.values()}
    if len(lengths) > 1:
        short = listed(f"{name} {len(array)}" for name, array in arrays.items())
        raise TableError(
            f"{source} holds arrays of different lengths ({short}): save training and test rows as two files."
        )
    return table_of(arrays, source, missing=missing)


def table_of_arrow(data: Any, source: str, missing: Missing = USUAL) -> Table:
    """A table from an Arrow table (pandas and polars frames become one through the Arrow C stream)."""
    fields = [j for j, name in enumerate(data.schema.names) if not name.startswith("__index_level_")]
    if not fields:
        raise TableError(f"{source} has no columns: give at least one input and one target.")
    if not data.num_rows:
        raise TableError(f"{source} has columns but no rows: add at least one.")
    columns = [emptied(column_of_arrow(str(data.schema.names[j]), data.column(j)), missing) for j in fields]
    lines = np.arange(1, data.num_rows + 1)
    told = (*outliers(columns, source, "row", lines), *stand_ins(columns, source, missing))
    notes = (*rounded(columns, source, "row"), *told)
    return Table(tuple(columns), source, lines, notes=notes, missing=missing.further)


def column_of_arrow(name: str, cells: Any) -> Column:
    """A column from an Arrow array, its kind taken from the type."""
    pa, pc = arrow(), arrow("compute")
    kind, types = cells.type, pa.types
    own = kind.value_type if types.is_dictionary(kind) else kind
    plain = pa.string() if types.is_string_view(own) else own  # views cannot be taken from
    if types.is_dictionary(kind):
        chunks = [pc.cast(chunk.dictionary, plain).take(chunk.indices) for chunk in cells.chunks]
        cells = pa.chunked_array(chunks, plain)
    elif plain != kind:
        cells = pc.cast(cells, plain)
    kind = plain
    if types.is_boolean(kind):
        return Column(name, "boolean", to_floats(cells), labels=("False", "True"), cells=cells)
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind) or types.is_null(kind):
        return Column(name, "number", to_floats(cells), cells=cells)
    if types.is_date(kind) or types.is_timestamp(kind):
        return Column(name, "date", to_seconds(cells), cells=cells)
    if types.is_string(kind) or types.is_large_string(kind):
        return Column(name, "category", categories(pc.cast(cells, pa.large_string())), cells=cells)
    column = without_kind(name, len(cells), f"it holds values of type {kind}")
    return Column(name, column.kind, column.values, cells=cells, unusable=column.unusable)

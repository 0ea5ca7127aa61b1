"""How the tables are written that an exported program reads: as the one at hand is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from deltarule.tables import Table
from deltarule.tables.column import Form


@dataclass(frozen=True)
class Written:
    """delimiter : what parts cells. forms : by column, how its numbers or dates stand."""

    delimiter: str = ","
    forms: Mapping[str, Form] = field(default_factory=dict[str, Form])

    @classmethod
    def like(cls, table: Table | None) -> Self:
        """As this table is written; without one, as plain CSV."""
        if table is None:
            return cls()
        return cls(table.dialect.delimiter, {column.name: column.form for column in table.columns})

    def form(self, column: str) -> Form:
        """A column's."""
        return self.forms.get(column, Form())

    @property
    def told(self) -> str:
        """What parts cells, for a sentence."""
        return "a tab" if self.delimiter == "\t" else f"'{self.delimiter}'"

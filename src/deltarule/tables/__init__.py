"""Files → arrays: reading, splitting, encoding."""

from deltarule.tables.column import Column
from deltarule.tables.encoding import InputEncoding
from deltarule.tables.reading import read_table
from deltarule.tables.splitting import Split, folds, split
from deltarule.tables.table import Table
from deltarule.tables.targets import TargetEncoding

__all__ = ["Column", "InputEncoding", "Split", "Table", "TargetEncoding", "folds", "read_table", "split"]

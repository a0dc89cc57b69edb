"""Which rows of a relation are let through."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from analytics.constants import constant

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation


def among(
    rows: "DuckDBPyRelation", column: str, values: Sequence[str | None]
) -> "DuckDBPyRelation":
    """Return the rows with one of these values in a column; None is the unknown, and no value is no row."""
    from duckdb import ColumnExpression as Column

    known = [constant(value) for value in values if value is not None]
    chosen = Column(column).isin(*known) if known else constant(False)
    return rows.filter(chosen | Column(column).isnull() if None in values else chosen)


def searched(rows: "DuckDBPyRelation", columns: Iterable[str], search: str) -> "DuckDBPyRelation":
    """Return the rows in which every word occurs in some of these columns, whatever its case."""
    from duckdb import ColumnExpression as Column
    from duckdb import FunctionExpression as Function

    text = Function("lower", Function("concat_ws", constant(" "), *map(Column, columns)))
    for word in search.lower().split():
        rows = rows.filter(Function("contains", text, constant(word)))
    return rows

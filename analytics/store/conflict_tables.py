"""Rows of the table of contradictions: what is said of a run in two ways, page by page."""

from typing import TYPE_CHECKING

from analytics.constants import constant
from analytics.store.tables import Page

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

COLUMNS = (
    "source", "run_id", "kind", "one_says", "other_says", "task", "variant", "outcome", "state",
    "started_at",
)  # fmt: skip
"""Columns of a row."""


def kinds(con: "DuckDBPyConnection") -> list[tuple[str, int]]:
    """Return every kind of contradiction with how many there are, the most frequent first."""
    from duckdb import ColumnExpression as Column
    from duckdb import FunctionExpression as Function

    counted = con.table("conflicts").aggregate([Column("kind"), Function("count_star").alias("n")])
    return counted.sort(Column("n").desc(), Column("kind")).fetchall()


def conflicts(
    con: "DuckDBPyConnection", *, kind: str | None = None, limit: int = 10, offset: int = 0
) -> Page:
    """Return one page of contradictions, those of the newest runs first.

    Args:
        con: a connection with the views.
        kind: only this one; all where None.
        limit: rows of the page.
        offset: rows before the page.

    Returns:
        Rows with COLUMNS, and how many there are in all.
    """
    from duckdb import ColumnExpression as Column

    rows = con.table("conflicts")
    if kind is not None:
        rows = rows.filter(Column("kind") == constant(kind))
    page = rows.sort(
        Column("started_at").desc(), Column("source"), Column("run_id"), Column("kind"),
        Column("one_says"), Column("other_says"),
    ).limit(limit, offset)  # fmt: skip
    return Page(rows=page.project(*map(Column, COLUMNS)).pl(), total=len(rows))

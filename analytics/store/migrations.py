"""Brings a store that an earlier version wrote up to today's layout: all of it at once, or nothing.

What was imported stays as it is: tables and columns that are new are added, empty. What is derived from
it is worked out anew. A change that this cannot express needs a step of its own in ``STEPS``.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from analytics.schema import ROLLUPS, SCHEMA_VERSION, STORED
from analytics.store import imports, lake

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

STEPS: Mapping[int, "Callable[[DuckDBPyConnection], None]"] = {}
"""Layout -> what turns a store of the layout before it into one, before tables and columns are added."""


def bring_up(con: "DuckDBPyConnection", version: int) -> None:
    """Turn a store of an earlier layout into one of today's, in one transaction.

    Args:
        con: the writer's connection.
        version: layout of the store.

    Raises:
        StoreError: the store could not be written; it is as it was.
    """
    with lake.transaction(con):
        for step in range(version + 1, SCHEMA_VERSION + 1):
            if step in STEPS:
                STEPS[step](con)
        _lay_out(con)
        lake.keep_setting(con, "schema_version", str(SCHEMA_VERSION))
        con.execute("DELETE FROM lake.settings WHERE name = 'rules'")
        imports.settle(con, lake.presets(con))


def _lay_out(con: "DuckDBPyConnection") -> None:
    there = lake.columns(con)
    for table in STORED:
        if table.name not in there:
            con.execute(lake.ddl(table, "lake"))
            lake.break_in(con, table)
            continue
        for field in table.fields:
            if field.name not in there[table.name]:
                con.execute(lake.ddl_column(table, field))
    for table in ROLLUPS:
        if there.get(table.name) == list(table.columns):
            continue
        if table.name in there:
            con.execute(lake.ddl_drop(table))
        con.execute(lake.ddl(table, "lake"))
        lake.break_in(con, table)

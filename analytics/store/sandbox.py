"""A copy of the views for SQL that somebody typed: it can read them, and nothing else on this machine."""

import json
from collections.abc import Iterator
from threading import Timer
from typing import TYPE_CHECKING, Any

from analytics.errors import InputError, StoreError, first_line
from analytics.store import lake

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from polars import DataFrame

TABLES = ("runs", "fixes", "agent_runs")
"""What can be asked: the views that metrics read, as tables."""

ANSWER_WITHIN_S = 10.0
MOST_ROWS = 1_000

INFLATING = frozenset(
    {
        *("repeat", "lpad", "rpad", "format", "printf", "bar", "list_resize", "array_resize"),
        *("range", "generate_series", "replace", "regexp_replace"),
    }
)
"""Functions that make one value of any size from a few words: DuckDB counts such memory too late, and
looks at its clock only between values. As a table ``range`` is no such function."""


class Sandbox:
    """The views of one moment in an in-memory DuckDB without files, network, extensions or settings."""

    def __init__(self, con: "DuckDBPyConnection") -> None:
        """Copy the views.

        Args:
            con: a connection with the views.
        """
        import duckdb

        self._con = duckdb.connect()
        for name in TABLES:
            rows = con.view(name).to_arrow_table()
            self._con.register("arrived", rows)
            self._con.table("arrived").create(name)
            self._con.unregister("arrived")
        self._con.execute(lake.statement("queries", "lock"))

    def ask(self, sql: str) -> "tuple[DataFrame, bool]":
        """Return the first rows of one SELECT, and whether there are more.

        Raises:
            InputError: not one SELECT, a mistake in it, or no answer in time.
        """
        import duckdb

        cursor = self._con.cursor()
        clock = Timer(ANSWER_WITHIN_S, cursor.interrupt)
        try:
            statements = cursor.extract_statements(sql)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise InputError("only one SELECT can be asked here; nothing was run.")
            said = cursor.execute("SELECT json_serialize_sql($1)", [statements[0].query]).fetchone()
            inflating = INFLATING & set(_functions(json.loads(said[0]) if said else None))
            if inflating:
                names = ", ".join(sorted(inflating))
                raise InputError(f"{names}: not here, it can fill the memory; nothing was run.")
            clock.start()
            # One row more than shown tells whether there are more.
            rows = cursor.sql(statements[0].query).limit(MOST_ROWS + 1).pl()
            return rows.head(MOST_ROWS), len(rows) > MOST_ROWS
        except duckdb.InterruptException as fault:
            raise InputError(
                f"no answer within {ANSWER_WITHIN_S:.0f} s; the query was stopped."
            ) from fault
        except duckdb.Error as fault:
            raise InputError(str(fault).strip()) from fault
        finally:
            clock.cancel()
            cursor.close()

    def close(self) -> None:
        """Let go of the copy."""
        self._con.close()


def sandbox(con: "DuckDBPyConnection") -> Sandbox:
    """Return a sandbox over the views of a connection.

    Raises:
        StoreError: the views cannot be read.
    """
    import duckdb

    try:
        return Sandbox(con)
    except duckdb.Error as fault:
        raise StoreError(f"the views cannot be copied: {first_line(fault)}.") from fault


def _functions(tree: Any) -> Iterator[str]:  # noqa: ANN401 - the parser's own tree, as JSON
    """Yield the name of every function that makes a value; functions that are tables are none of these."""
    if isinstance(tree, list):
        for part in tree:
            yield from _functions(part)
    elif isinstance(tree, dict):
        is_table = tree.get("type") == "TABLE_FUNCTION"
        if tree.get("class") == "FUNCTION":
            yield str(tree.get("function_name", "")).lower()
        for key, part in tree.items():
            if is_table and key == "function" and isinstance(part, dict):
                yield from _functions(part.get("children"))
            else:
                yield from _functions(part)

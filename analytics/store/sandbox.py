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
        *("range", "generate_series", "replace", "regexp_replace", "bitstring", "bitstring_agg"),
        *("apply", "list_apply", "array_apply", "list_transform", "array_transform"),
        *("reduce", "list_reduce", "array_reduce", "reservoir_quantile"),
    }
)
"""Functions that make one value of any size from a few words: DuckDB counts such memory too late, and
looks at its clock only between values. As a table ``range`` is no such function."""

TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest"})
"""The functions that can stand where a table does. Others run SQL from a text, which nobody has looked
through, read files or turn DuckDB's own switches."""


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
            rows = con.table(name).to_arrow_table()
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
            _look_through(json.loads(said[0]) if said else {})
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


def _look_through(tree: dict[str, Any]) -> None:
    """Refuse a question for the functions in it.

    Args:
        tree: the parser's own, as JSON.

    Raises:
        InputError: a function of :data:`INFLATING`, or a table that is a function and none of
            :data:`TABLE_FUNCTIONS`; or DuckDB does not tell what is in the question.
    """
    if tree.get("error") is not False:
        raise InputError("what this would run cannot be told beforehand; nothing was run.")
    found = set(_functions(tree))
    inflating = sorted(INFLATING & {name for name, is_table in found if not is_table})
    if inflating:
        raise InputError(
            f"{', '.join(inflating)}: not here, it can fill the memory; nothing was run."
        )
    unread = sorted({name for name, is_table in found if is_table} - TABLE_FUNCTIONS)
    if unread:
        raise InputError(
            f"{', '.join(unread)}: no table here; nothing was run. "
            f"Valid functions in place of a table: {', '.join(sorted(TABLE_FUNCTIONS))}."
        )


def _functions(part: Any, *, is_table: bool = False) -> Iterator[tuple[str, bool]]:  # noqa: ANN401 - JSON
    """Yield the name of every function, and whether it stands where a table does."""
    if isinstance(part, list):
        for each in part:
            yield from _functions(each)
    elif isinstance(part, dict):
        if part.get("class") == "FUNCTION":
            yield str(part.get("function_name", "")).lower(), is_table
        for key, each in part.items():
            yield from _functions(
                each, is_table=part.get("type") == "TABLE_FUNCTION" and key == "function"
            )

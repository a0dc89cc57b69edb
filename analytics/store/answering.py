"""Answers one question about a few Parquet files, in a process of its own, and ends.

``analytics.store.sandbox`` runs this file by its path: it needs DuckDB and knows nothing of the project.
What it may use up is for the kernel to hold it to: DuckDB counts only part of what a question takes, and
looks at its clock only between values.
"""

import json
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, cast

if __name__ == "__main__":
    # PyArrow does without it where it is not there, and starts in half the time.
    cast(Any, sys.modules)["numpy"] = None

import duckdb
import pyarrow

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TOO_MUCH = 3
"""How the process ends where the question takes more memory than it may."""

TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest"})
"""The functions that can stand where a table does. Others run SQL from a text, which nobody has looked
through, read files or turn DuckDB's own switches."""

_MOST_BYTES = 32_000_000
"""Of an answer: whoever asked holds it in memory."""


_OF_VALUES = (ValueError, TypeError, ArithmeticError, RuntimeError)
"""What Python says of a value that an answer cannot hold."""


class Refusal(Exception):
    """The question is none that is answered here; says why in one sentence."""


def main() -> None:
    """Read what is asked from standard input, write what can be said to standard output.

    Asked is one line of JSON: ``sql``, ``tables`` (name -> number of an open file), ``most_rows``,
    ``most_bytes`` of memory beside what a process takes anyway, ``seconds``. Said is an empty line once the
    question is looked at, then one line of JSON, ``fault`` or ``more``, and the rows as an Arrow stream.
    """
    asked = json.loads(sys.stdin.buffer.readline())
    Thread(target=_end_with_who_asked, daemon=True).start()
    con = _opened(asked["tables"])
    _hold(asked["most_bytes"], asked["seconds"])
    os.write(sys.stdout.fileno(), b"\n")
    # What is said from here on is about the question, and nothing for the log of a server.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    try:
        rows, more = _answer(con, asked["sql"], asked["most_rows"])
        _say({"more": more}, rows)
    except (MemoryError, duckdb.OutOfMemoryException):
        os._exit(TOO_MUCH)
    except RecursionError:
        _say({"fault": "this is nested too deeply; nothing was run."})
    except (Refusal, duckdb.Error, pyarrow.ArrowException, *_OF_VALUES) as fault:
        _say({"fault": str(fault).strip()})
    os._exit(0)


def _end_with_who_asked() -> None:
    # Standard input stays open for as long as somebody waits for the answer.
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


def _opened(tables: dict[str, int]) -> "DuckDBPyConnection":
    """Return a DuckDB that can read the tables, and nothing else from now on."""
    con = duckdb.connect()
    given = {name: f"/dev/fd/{number}" for name, number in tables.items()}
    con.execute("SET VARIABLE given = $1", [list(given.values())])
    for name, file in given.items():
        con.read_parquet(file).create_view(name)
    con.execute((Path(__file__).parent / "queries" / "lock.sql").read_text("utf-8"))
    return con


def _hold(most_bytes: int, seconds: float) -> None:
    """Have the kernel limit this process: memory, processor time, and no byte into any file.

    Where the system does not tell what a process takes, or holds none to a limit of its address space (macOS
    does neither), the memory is left to DuckDB, which counts some of it, and to the time.
    """
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    limits = {
        resource.RLIMIT_CPU: int(used + seconds) + 2,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    with suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        limits[resource.RLIMIT_AS] = pages * resource.getpagesize() + most_bytes
    for kind, most in limits.items():
        hardest = resource.getrlimit(kind)[1]
        least = most if hardest == resource.RLIM_INFINITY else min(most, hardest)
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (least, least))


def _answer(con: "DuckDBPyConnection", sql: str, most_rows: int) -> tuple[pyarrow.Table, bool]:
    """Return the first rows of one SELECT, and whether there are more."""
    statements = con.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise Refusal("only one SELECT can be asked here; nothing was run.")
    query = statements[0].query
    said = con.execute("SELECT json_serialize_sql($1)", [query]).fetchone()
    _look_through(json.loads(said[0]) if said else {})
    # One row more than shown tells whether there are more.
    found = con.sql(query).limit(most_rows + 1).to_arrow_table()
    if found.nbytes > _MOST_BYTES:
        raise Refusal(
            f"the answer takes {found.nbytes:,} bytes, and {_MOST_BYTES:,} is the most; ask for less."
        )
    return found.slice(0, most_rows), len(found) > most_rows


def _look_through(tree: dict[str, Any]) -> None:
    """Refuse a question in which a table is a function, and none of :data:`TABLE_FUNCTIONS`.

    Args:
        tree: the parser's own, as JSON.
    """
    if tree.get("error") is not False:
        raise Refusal("what this would run cannot be told beforehand; nothing was run.")
    if unread := sorted(set(_table_functions(tree)) - TABLE_FUNCTIONS):
        raise Refusal(
            f"{', '.join(unread)}: no table here; nothing was run. "
            f"Valid functions in place of a table: {', '.join(sorted(TABLE_FUNCTIONS))}."
        )


def _table_functions(tree: object) -> Iterator[str]:
    """Yield the name of every function that stands where a table does."""
    parts = [tree]
    while parts:
        part = parts.pop()
        if isinstance(part, list):
            parts += part
        elif isinstance(part, dict):
            parts += part.values()
            if part.get("type") == "TABLE_FUNCTION":
                called = part.get("function") or {}
                yield str(called.get("function_name", "")).lower()


def _say(head: dict[str, Any], rows: pyarrow.Table | None = None) -> None:
    out = sys.stdout.buffer
    out.write(json.dumps(head).encode() + b"\n")
    if rows is not None:
        with pyarrow.ipc.new_stream(out, rows.schema) as stream:
            stream.write_table(rows)
    out.flush()


if __name__ == "__main__":
    main()

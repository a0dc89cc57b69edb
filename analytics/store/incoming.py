"""What of the staged calls goes into the store: the new ones, and those that say more than the store has."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.schema import FACTS, FEEDBACK, PAYLOADS, SPANS, Table
from analytics.semantics import Preset, classify, roots_are_runs
from analytics.store import lake

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LITTLE_BYTES = 1_000_000
"""Of staged files, which are compressed: some 4,000 calls."""

_LITTLE_TEXT_BYTES = 32_000_000
"""Of what such files hold: a text that repeats itself takes up next to nothing in them."""

_LITTLE_CALLS = 10_000

REPLACED = (SPANS, PAYLOADS, FACTS, FEEDBACK)
"""Tables that a changed call leaves, to come into them anew."""


def filled(con: "DuckDBPyConnection") -> frozenset[str]:
    """Return the tables of the attached store that have ever held a row.

    One question to the catalog for all of them, outside of a transaction, where nobody else waits for it.
    """
    found = con.execute(lake.statement("queries", "filled")).fetchall()
    return frozenset(name for (name,) in found)


def is_little(files: Sequence[Path]) -> bool:
    """Say whether staged files hold so little that asking costs more than answering."""
    return sum(file.stat().st_size for file in files) <= LITTLE_BYTES


def view(con: "DuckDBPyConnection", presets: Sequence[Preset], files: Sequence[Path]) -> bool:
    """Make view ``arriving``: the staged calls with what the presets say of them.

    Few calls are held in memory, because each statement that reads files looks at them anew.

    Args:
        con: a connection from ``lake.writer``, with variable ``import_id`` set.
        presets: the semantics in force.
        files: what was staged.

    Returns:
        Whether they are held.
    """
    con.execute("SET VARIABLE staged_files = $1", [[str(file) for file in files]])
    con.execute(lake.statement("statements", "calls" if files else "no_calls"))
    held = is_little(files)
    if held:
        told = con.execute(lake.statement("queries", "staged_ops")).fetchall()
        held = (
            sum(calls for _, calls, _ in told) <= _LITTLE_CALLS
            and sum(size for *_, size in told) <= _LITTLE_TEXT_BYTES
        )
        explain(con, presets, [op for op, *_ in told])
    else:
        explain(con, presets, _ops(con, "SELECT DISTINCT op FROM calls"))
    con.execute(lake.statement("statements", "meant"))
    con.execute(lake.statement("statements", "hold" if held else "hold_not"))
    return held


def explain_stored(con: "DuckDBPyConnection", presets: Sequence[Preset]) -> None:
    """Fill table ``meanings`` for every op of the store."""
    explain(con, presets, _ops(con, "SELECT DISTINCT op FROM lake.spans"))


def explain(con: "DuckDBPyConnection", presets: Sequence[Preset], ops: Sequence[str]) -> None:
    """Fill table ``meanings``, one row per op, and say whether roots of unknown traces are runs."""
    con.execute("SET VARIABLE roots_are_runs = $1", [roots_are_runs(presets)])
    found = [asdict(classify(op, presets)) for op in ops]
    con.execute(lake.statement("statements", "meanings"), [json.dumps(found)])


def _ops(con: "DuckDBPyConnection", query: str) -> list[str]:
    return [op for (op,) in con.execute(query).fetchall()]


def take(con: "DuckDBPyConnection", filled: Collection[str]) -> bool:
    """Decide what comes in (view ``incoming``) and make room for it.

    Args:
        con: with view ``arriving``.
        filled: the tables that can hold something.

    Returns:
        Whether all of it is new, and comes once.
    """
    con.execute(lake.statement("statements", "known" if SPANS.name in filled else "nothing_known"))
    if _holds(con, lake.statement("queries", "all_new")):
        con.execute(lake.statement("statements", "take_all"))
        return True
    con.execute(lake.statement("statements", "take_changes"))
    if _holds(con, "SELECT count(*) > 0 FROM changes WHERE state = 'changed'"):
        con.execute(lake.statement("statements", "revise"))
        drop(con, "drop_replaced", REPLACED, filled)
    return False


def drop(
    con: "DuckDBPyConnection", name: str, tables: Sequence[Table], filled: Collection[str]
) -> None:
    """Run those of a file's removals, one per table, that can find something: one that cannot costs as much.

    Args:
        con: in a transaction.
        name: the file among the statements.
        tables: what it removes from, in its order.
        filled: the tables that can hold something.
    """
    removals = con.extract_statements(lake.statement("statements", name))
    for table, removal in zip(tables, removals, strict=True):
        if table.name in filled:
            con.execute(removal)


def _holds(con: "DuckDBPyConnection", question: str) -> bool:
    row = con.execute(question).fetchone()
    return bool(row and row[0])

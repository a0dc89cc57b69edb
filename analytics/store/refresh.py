"""Keeps runs, fixes and agent_runs in step with the spans they are made from, trace by trace."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from analytics.semantics import Preset, error_kind
from analytics.store import lake

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_ORDER = ("member", "last_seen", "fixes", "runs", "agent_runs")
"""Each reads what the ones before it made."""


def refresh(con: "DuckDBPyConnection", presets: Sequence[Preset]) -> int:
    """Work out again the rollups of the traces in temporary table ``touched``.

    Must run inside a transaction, with variable ``roots_are_runs`` set.

    Returns:
        The number of runs that those traces hold now.
    """
    con.execute(lake.statement("statements", "touched"))
    _explain_errors(con, presets)
    for name in _ORDER:
        con.execute(lake.statement("rollups", name))
    con.execute(lake.statement("statements", "replace_rollups"))
    row = con.execute("SELECT count(*) FROM new_runs").fetchone()
    return int(row[0]) if row else 0


def rebuild(con: "DuckDBPyConnection", presets: Sequence[Preset]) -> int:
    """Work out every rollup anew. Gives the same rows as refreshing did, or there is a fault."""
    con.execute("SET VARIABLE roots_are_runs = $1", [any(preset.root_is_run for preset in presets)])
    con.execute(lake.statement("statements", "all_ids"))
    return refresh(con, presets)


def _explain_errors(con: "DuckDBPyConnection", presets: Sequence[Preset]) -> None:
    """Fill table error_kinds: one row per preset (NULL: none) and exception class touched."""
    by_name = {preset.name: preset for preset in presets}
    fallback = next((preset for preset in presets if preset.root_is_run), presets[-1])
    found = con.execute(
        "SELECT DISTINCT preset, error_type FROM touched_spans WHERE error_type IS NOT NULL"
    ).fetchall()
    con.execute(
        "CREATE OR REPLACE TEMP TABLE error_kinds "
        "(preset VARCHAR, error_type VARCHAR, kind VARCHAR)"
    )
    if found:
        con.executemany(
            "INSERT INTO error_kinds VALUES ($1, $2, $3)",
            [(p, error, error_kind(error, by_name.get(p, fallback))) for p, error in found],
        )

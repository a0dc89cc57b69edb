"""Keeps the rollups in step with the spans that they are made from, trace by trace."""

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from analytics import cost
from analytics.schema import BATCHES, PRICES, ROLLUPS, RUNS, TABLES
from analytics.semantics import Preset, error_kind, extract, fallback, roots_are_runs
from analytics.store import incoming, interrupts, lake, memory, threads

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

_ORDER = (
    "member",
    "around",
    "last_seen",
    "under_agent",
    "fixes",
    "agent_runs",
    "tool_usage",
    "pipelines",
    "debugging_cycles",
    "batches",
    "spent",
    "usage",
    "runs",
    "conflicts",
)
"""Each reads what the ones before it made."""


_TELLING = frozenset({RUNS.name, BATCHES.name})
"""A trace's rollups are written together: runs and series tell of all."""

_CALLS_AT_ONCE = 150_000
"""What is worked out within the import's own transaction; memory is bounded by it."""

_TIMES_ASIDE = 2
"""How much larger the slices of an import that brings more are: what they took is given back after each."""


def refresh(
    con: "DuckDBPyConnection",
    presets: Sequence[Preset],
    own_prices: cost.PriceList,
    *,
    filled: Collection[str] = frozenset(TABLES),
    alone: bool = False,
) -> int:
    """Work out again the rollups of the traces in temporary table ``all_touched``.

    Must run inside a transaction, with variable ``roots_are_runs`` set.

    Args:
        con: a connection from ``lake.writer``.
        presets: the semantics in force.
        own_prices: the user's own prices.
        filled: the tables that can hold rows of these traces.
        alone: whether ``incoming`` and ``new_facts`` are all that the store holds, and few.

    Returns:
        The number of runs that those traces hold now.
    """
    row = con.execute("SELECT coalesce(sum(calls_count), 0) FROM all_touched").fetchone()
    is_large = row is not None and row[0] > _CALLS_AT_ONCE
    calls_at_once = _CALLS_AT_ONCE * _TIMES_ASIDE if is_large else _CALLS_AT_ONCE
    con.execute("SET VARIABLE calls_at_once = $1", [calls_at_once])
    con.execute(lake.statement("statements", "slices"))
    slices = con.execute("SELECT DISTINCT slice FROM all_sliced ORDER BY slice").fetchall()
    worked_out = _worked_out_alone if alone else _worked_out_here
    if is_large:
        worked_out = _worked_out_aside
    runs = 0
    # A slice is a few row groups, too little to share out.
    with threads.one_within(con):
        for (part,) in slices:
            con.execute("SET VARIABLE slice = $1", [part])
            con.execute(lake.statement("statements", "slice"))
            with worked_out(con, presets, own_prices):
                runs += _replace(con, filled)
            # A price, unlike a trace, is one of several slices.
            filled = {*filled, PRICES.name}
    return runs


def _replace(con: "DuckDBPyConnection", filled: Collection[str]) -> int:
    """Put what was worked out of a slice in the place of what the store has, and count its runs."""
    if not _TELLING.isdisjoint(filled):
        con.execute(lake.statement("statements", "known_traces"))
        if con.execute("SELECT 1 FROM known_traces LIMIT 1").fetchone():
            incoming.drop(con, "drop_rollups", ROLLUPS, filled)
    con.execute(lake.statement("statements", "keep_rollups"))
    con.execute(
        lake.statement("statements", "keep_prices" if PRICES.name in filled else "first_prices")
    )
    row = con.execute("SELECT count(*) FROM new_runs").fetchone()
    return int(row[0]) if row else 0


def rules(presets: Sequence[Preset], own: cost.PriceList) -> str:
    """Return a digest of all that decides how spans become rollups."""
    texts = [lake.statement("rollups", name) for name in _ORDER]
    texts += [extract.macros(), *(preset.text for preset in presets)]
    texts += [own.text, cost.edition()]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def work_out(
    con: "DuckDBPyConnection", presets: Sequence[Preset], own_prices: cost.PriceList
) -> None:
    """Make a temporary table ``new_<rollup>`` of every rollup, of the traces in ``touched``."""
    memory.give_back(con)
    con.execute(lake.statement("statements", "touched"))
    con.execute(lake.statement("statements", "touched_in_memory"))
    _work_out(con, presets, own_prices)


def _work_out(
    con: "DuckDBPyConnection", presets: Sequence[Preset], own_prices: cost.PriceList
) -> None:
    _explain_errors(con, presets)
    _explain_prices(con, own_prices)
    memory.give_back(con)
    for name in _ORDER:
        con.execute(lake.statement("rollups", name))


@contextmanager
def _worked_out_here(
    con: "DuckDBPyConnection", presets: Sequence[Preset], own_prices: cost.PriceList
) -> Iterator[None]:
    """Have what was worked out of a slice in memory."""
    work_out(con, presets, own_prices)
    yield


@contextmanager
def _worked_out_alone(
    con: "DuckDBPyConnection", presets: Sequence[Preset], own_prices: cost.PriceList
) -> Iterator[None]:
    """Have what was worked out of all that came into an empty store, without reading it back."""
    memory.give_back(con)
    con.execute(lake.statement("statements", "touched_alone"))
    _work_out(con, presets, own_prices)
    yield


@contextmanager
def _worked_out_aside(
    con: "DuckDBPyConnection", presets: Sequence[Preset], own_prices: cost.PriceList
) -> Iterator[None]:
    """Have the same in files: of a slice among many, worked out on a connection of its own.

    A transaction keeps the tables that it replaces until it ends: 250 MB a slice, part of it in memory.
    What comes back as another type (Parquet has no integer of 128 bits) gets its own in the store's table.
    """
    memory.give_back(con)
    row = con.execute("SELECT current_setting('temp_directory')").fetchone()
    assert row is not None
    with TemporaryDirectory(dir=row[0], prefix="slice-") as made:
        folder = Path(made)
        con.execute(lake.statement("statements", "touched"))
        _write(con.view("spans_of_touched"), folder / "touched_spans.parquet")
        _write(con.view("facts_of_touched"), folder / "touched_facts.parquet")
        with closing(con.cursor()) as aside, interrupts.abandoned(aside):
            aside.execute("SET TimeZone = 'UTC'")
            aside.execute("SET VARIABLE slice_folder = $1", [made])
            aside.execute("SET VARIABLE roots_are_runs = $1", [roots_are_runs(presets)])
            aside.execute(lake.statement("statements", "touched_in_files"))
            _work_out(aside, presets, own_prices)
            for name in ("price_list", *(f"new_{table.name}" for table in ROLLUPS)):
                _write(aside.table(name), folder / f"{name}.parquet")
        con.execute("SET VARIABLE slice_folder = $1", [made])
        con.execute(lake.statement("statements", "no_work_in_memory"))
        con.execute(lake.statement("statements", "work_in_files"))
        yield
        con.execute(lake.statement("statements", "no_work_in_files"))


def _write(rows: "DuckDBPyRelation", path: Path) -> None:
    """Write a file that is read ten times within seconds, and then removed."""
    rows.write_parquet(str(path), compression="uncompressed")


def rebuild(con: "DuckDBPyConnection", presets: Sequence[Preset]) -> int:
    """Work out every rollup anew. Gives the same rows as refreshing did, or there is a fault."""
    con.execute("SET VARIABLE roots_are_runs = $1", [roots_are_runs(presets)])
    con.execute("DELETE FROM lake.prices")
    con.execute(lake.statement("statements", "no_rollups"))
    con.execute(lake.statement("statements", "all_ids"))
    return refresh(con, presets, lake.price_list(con))


def _explain_errors(con: "DuckDBPyConnection", presets: Sequence[Preset]) -> None:
    """Fill table error_kinds: one row per preset (NULL: none) and exception class touched."""
    by_name = {preset.name: preset for preset in presets}
    unnamed = fallback(presets)
    found = con.execute(
        "SELECT DISTINCT preset, error_type FROM touched_spans WHERE error_type IS NOT NULL"
    ).fetchall()
    told = [
        {"preset": p, "error_type": error, "kind": error_kind(error, by_name.get(p, unnamed))}
        for p, error in found
    ]
    con.execute(lake.statement("statements", "error_kinds"), [json.dumps(told)])


def _explain_prices(con: "DuckDBPyConnection", own: cost.PriceList) -> None:
    """Fill table price_list: what each model touched costs."""
    found = con.execute(lake.statement("statements", "touched_models")).fetchall()
    told = [
        dict(zip(PRICES.columns, price.row(), strict=True))
        for provider, model in found
        for price in cost.prices(provider, model, own)
    ]
    # The only values that are no JSON are points in time.
    con.execute(lake.statement("statements", "price_list"), [json.dumps(told, default=str)])

"""What runs spent and what tools, agents and pipelines did, worked out once for the page of that name.

Every frame is of the runs that a scope lets through, whichever agent or model of theirs did the work.
Knows no notebook and no chart library.
"""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from analytics.overview import Scope, selection, window
from analytics.store import consistency, lake, tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from duckdb import DuckDBPyConnection
    from polars import DataFrame

    from analytics.metrics.evaluate import Selection
    from analytics.store.reader import Reader

__all__ = ["CUTS", "KINDS", "Budget", "Outlier", "Spending", "choose", "models", "spending"]

CUTS = {
    "model": "Model", "agent": "Agent", "task": "Task", "variant": "Variant", "day": "Day",
}  # fmt: skip
"""What cost can be cut by, and its title. The agent and the model are those of the calls."""

KINDS = (
    "Input, uncached", "Cache reads", "Cache writes", "Cache writes, 1 h", "Output", "Reasoning",
)  # fmt: skip
"""Kinds of tokens, in the order in which bars are stacked; ``Spending.tokens`` numbers them so."""

_MOST_VALUES = 12
_FOLDER = "queries/spending"


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What the user's price file allows, and how the chosen runs keep to it. Days are UTC."""

    per_day_usd: float | None = None
    per_run_usd: float | None = None
    days_count: int = 0
    """Days with a known cost."""
    days_over: int = 0
    dearest_day: date | None = None
    dearest_day_usd: float | None = None
    runs_count: int = 0
    """Runs with a known cost."""
    runs_over: int = 0
    dearest_source: str | None = None
    dearest_run_id: str | None = None
    dearest_run_usd: float | None = None


@dataclass(frozen=True, kw_only=True)
class Outlier:
    """A single call that cost more than all the others together."""

    source: str
    run_id: str
    costliest_span_id: str | None
    costliest_usd: float
    total_usd: float
    calls_count: int
    """Calls that the total is of."""


@dataclass(frozen=True, kw_only=True)
class Spending:
    """Everything that the page shows beside its cards; every frame may be empty. Unknown is null."""

    days: "DataFrame"
    """bucket, basis (reported, computed), order, usd, runs."""
    bucket: str
    """day, week or month."""
    budget: Budget
    cost_by: "DataFrame"
    """cut (of CUTS), place, value (null: unknown, or several), pooled (how many), usd, runs."""
    models: "DataFrame"
    """One row per provider and model; the columns of ``models``."""
    tokens: "DataFrame"
    """place, model, pooled, kind (position in KINDS), tokens."""
    contradictory: int
    """Parts of runs left out of ``tokens``: a part of their counts is more than its whole."""
    outlier: Outlier | None
    tools: "DataFrame"
    """tool, calls, runs, failures, judged, failure_rate, mean_s, p95_s, total_s, timed."""
    agents: "DataFrame"
    """agent, runs, steps, errors, judged, retries, retries_told, mean_s, total_s, timed."""
    pipelines: "DataFrame"
    """bucket, phase (queued, executed), order, seconds (mean), pipelines."""
    failures: "DataFrame"
    """told (job, pipeline error, debugged error), value, times, resolved, judged, rank, values_count."""
    done: "Mapping[str, int]"
    """pipelines, pipelines_passed, pipelines_failed, cycles, cycles_resolved, cycles_judged."""


@consistency.again
def spending(reader: "Reader", scope: Scope) -> Spending:
    """Work out what the runs of a scope spent and did.

    Raises:
        StoreError: the store cannot be read.
    """
    with tables.consistent(reader) as con:
        span = window(con, scope, reader.now)
        choose(con, selection(scope, span))
        most, bucket = {"most": _MOST_VALUES}, {"bucket": span.bucket}
        return Spending(
            days=_frame(con, "days", bucket),
            bucket=span.bucket,
            budget=_budget(con),
            cost_by=_frame(con, "cost_by", most),
            models=models(con),
            tokens=_frame(con, "tokens", most),
            contradictory=int(_row(con, "contradictory")["contradictory"]),
            outlier=_outlier(con),
            tools=_frame(con, "tools"),
            agents=_frame(con, "agents"),
            pipelines=_frame(con, "pipelines", bucket),
            failures=_frame(con, "failures", most),
            done=_row(con, "done"),
        )


def choose(con: "DuckDBPyConnection", where: "Selection") -> None:
    """Say which runs the queries are of. They are forgotten with the transaction."""
    from duckdb import ColumnExpression as Column

    con.execute(lake.statement(_FOLDER, "chosen"))
    rows = where.apply(con.table("runs"))
    rows.project(Column("source"), Column("run_id")).insert_into("chosen_runs")


def models(con: "DuckDBPyConnection") -> "DataFrame":
    """Return what the chosen runs used and cost, one row per provider and model, the dearest first.

    Columns: provider, model, calls, runs, input_tokens, output_tokens, cache_read_tokens,
    cache_write_tokens, cache_write_1h_tokens, reasoning_tokens, reported_usd, computed_usd,
    both_reported_usd and both_computed_usd (of the calls that have both), usd, unpriced_tokens.
    """
    return _frame(con, "models")


def _budget(con: "DuckDBPyConnection") -> Budget:
    allowed: Mapping[str, float] = {}
    if tables.has_lake(con):
        with consistency.unchanged(con):
            allowed = lake.price_list(con).budget
    limits = {name: allowed.get(name) for name in ("per_day_usd", "per_run_usd")}
    return Budget(**limits, **_row(con, "budget", limits))


def _outlier(con: "DuckDBPyConnection") -> Outlier | None:
    found = _frame(con, "costliest")
    if found.is_empty():
        return None
    told = Outlier(**found.row(0, named=True))
    is_most = told.calls_count >= 2 and told.costliest_usd > told.total_usd / 2
    return told if is_most else None


def _frame(
    con: "DuckDBPyConnection", name: str, parameters: "Mapping[str, object] | None" = None
) -> "DataFrame":
    return con.execute(lake.statement(_FOLDER, name), dict(parameters or {})).pl()


def _row(
    con: "DuckDBPyConnection", name: str, parameters: "Mapping[str, object] | None" = None
) -> dict[str, Any]:
    return _frame(con, name, parameters).row(0, named=True)

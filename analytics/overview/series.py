"""The frames that charts draw: aggregated in DuckDB, a few hundred rows at most."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analytics.constants import constant
from analytics.metrics.catalog import METRICS
from analytics.metrics.evaluate import Selection, evaluate
from analytics.overview.window import Window

if TYPE_CHECKING:
    from datetime import date

    from duckdb import DuckDBPyConnection, DuckDBPyRelation, Expression
    from polars import DataFrame

BINS_PER_DECADE = 6
"""Bins of the distribution of fix times: equal widths on a logarithmic axis."""

_SHORTEST_S = 0.001
_MOST_POINTS = 600
_MOST_TYPES = 7
_MOST_AGENTS = 12
_MOST_MARKS = 6


@dataclass(frozen=True, kw_only=True)
class Series:
    """What the charts of the overview draw; every frame may be empty.

    Times are seconds, shares 0..1, ``low`` and ``high`` the ends of the 95 % interval (null where the
    method gives none), ``bucket`` the first day of a day, week or month.
    """

    pass_rate: "DataFrame"
    """bucket, value, low, high, n, hits, missing."""
    variant_marks: "DataFrame"
    """bucket, label: where a variant (else a version of the run's op) was first seen."""
    fix_points: "DataFrame"
    """started_at, seconds, outcome, bug_type, title, attempts: the newest bugs, one row each."""
    fix_bins: "DataFrame"
    """lower_s, upper_s, outcome, bugs: how many bugs took that long."""
    fix_medians: "DataFrame"
    """bucket, value, low, high, n: the median fix time."""
    bug_types: "DataFrame"
    """bug_type, label (count and type), bugs, share, fix_rate, fixed, rank; rarer types are pooled."""
    run_states: "DataFrame"
    """bucket, state, order, runs."""
    agents: "DataFrame"
    """agent, value, low, high, n: mean seconds per run in which the agent takes part, the longest first."""
    agents_left_out: int
    """Agents beyond those of ``agents``."""

    @property
    def bugs_timed(self) -> int:
        """Bugs whose time is known, of which ``fix_points`` are the newest."""
        return int(self.fix_bins["bugs"].sum())


def series(con: "DuckDBPyConnection", where: Selection, window: Window) -> Series:
    """Work out what the charts draw for the selected runs."""
    fixes = where.apply(con.table("fixes"))
    agents = _agents(con, where)
    return Series(
        pass_rate=_over_time(con, "pass_rate", where, window.bucket),
        variant_marks=variant_marks(con, where, window),
        fix_points=_fix_points(fixes),
        fix_bins=_fix_bins(fixes),
        fix_medians=_over_time(con, "fix_time_median", where, window.bucket),
        bug_types=_bug_types(con, where),
        run_states=_run_states(where.apply(con.table("runs")), window.bucket),
        agents=agents.head(_MOST_AGENTS),
        agents_left_out=max(len(agents) - _MOST_AGENTS, 0),
    )


def variant_marks(con: "DuckDBPyConnection", where: Selection, window: Window) -> "DataFrame":
    """Return where something new was first seen in the whole store, if that lies in the window."""
    import polars as pl

    schema = {"bucket": pl.Date, "label": pl.String}
    for column in ("variant", "op_version"):
        firsts = evaluate(con, [METRICS["runs"]], (column, window.bucket))
        seen: dict[str, date] = {}
        for (value, bucket), _ in sorted(firsts.items(), key=lambda item: item[0][1]):
            if value is not None:
                seen.setdefault(value, bucket)
        if len(seen) < 2:
            continue
        # What was there from the beginning is not new.
        beginning = min(seen.values())
        allowed = where.equal.get(column)
        marks = [
            (bucket, value)
            for value, bucket in seen.items()
            if bucket != beginning
            and (window.since is None or bucket >= window.since.date())
            and (window.until is None or bucket < window.until.date())
            and (allowed is None or value in allowed)
        ]
        return pl.DataFrame(marks[-_MOST_MARKS:], schema=schema, orient="row")
    return pl.DataFrame(schema=schema)


def _over_time(con: "DuckDBPyConnection", name: str, where: Selection, bucket: str) -> "DataFrame":
    import polars as pl

    found = evaluate(con, [METRICS[name]], (bucket,), where)
    schema = {
        "bucket": pl.Date, "value": pl.Float64, "low": pl.Float64, "high": pl.Float64,
        "n": pl.Int64, "hits": pl.Int64, "missing": pl.Int64,
    }  # fmt: skip
    rows = [
        (cut[0], e.value, e.low, e.high, e.n, e.hits, e.missing)
        for cut, estimates in found.items()
        if (e := estimates[name]).value is not None
    ]
    return pl.DataFrame(rows, schema=schema, orient="row")


def _fix_points(fixes: "DuckDBPyRelation") -> "DataFrame":
    from duckdb import ColumnExpression as Column

    rows = fixes.filter(Column("observed_s").isnotnull())
    newest = rows.sort(Column("started_at").desc(), Column("fix_id")).limit(_MOST_POINTS)
    return newest.project(
        Column("started_at"),
        Column("observed_s").alias("seconds"),
        Column("outcome"),
        Column("bug_type"),
        Column("title"),
        Column("attempts"),
    ).pl()


def _fix_bins(fixes: "DuckDBPyRelation") -> "DataFrame":
    from duckdb import ColumnExpression as Column
    from duckdb import FunctionExpression as Function

    width = constant(float(BINS_PER_DECADE))
    seconds = Function("greatest", Column("observed_s"), constant(_SHORTEST_S))
    position = Function("floor", Function("log10", seconds) * width)
    rows = fixes.filter(Column("observed_s").isnotnull())
    counted = rows.project(position.alias("position"), Column("outcome")).aggregate(
        [Column("position"), Column("outcome"), Function("count_star").alias("bugs")]
    )

    def edge(at: "Expression") -> "Expression":
        return Function("pow", constant(10.0), at / width)

    return counted.sort(Column("position"), Column("outcome")).project(
        edge(Column("position")).alias("lower_s"),
        edge(Column("position") + constant(1.0)).alias("upper_s"),
        Column("outcome"),
        Column("bugs"),
    ).pl()  # fmt: skip


def _bug_types(con: "DuckDBPyConnection", where: Selection) -> "DataFrame":
    import polars as pl

    metrics = [METRICS["bugs"], METRICS["fix_rate"]]
    found = evaluate(con, metrics, ("bug_type",), where)
    rows = [
        (str(cut[0]), int(e["bugs"].value or 0), e["fix_rate"].hits or 0, e["fix_rate"].n)
        for cut, e in found.items()
    ]
    rows.sort(key=lambda row: (-row[1], row[0]))
    shown, rest = rows[:_MOST_TYPES], rows[_MOST_TYPES:]
    if len(rest) == 1:
        shown, rest = rows, []
    if rest:
        _, *counts = zip(*rest, strict=True)
        bugs, fixed, closed = map(sum, counts)
        shown.append((f"{len(rest)} other types", bugs, fixed, closed))
    total = sum(row[1] for row in shown)
    schema = {
        "bug_type": pl.String, "label": pl.String, "bugs": pl.Int64, "share": pl.Float64,
        "fix_rate": pl.Float64, "fixed": pl.Int64, "rank": pl.Int64,
    }  # fmt: skip
    return pl.DataFrame(
        [
            (name, f"{bugs:,}  {name}", bugs, bugs / total, fixed / closed if closed else None, fixed, rank)
            for rank, (name, bugs, fixed, closed) in enumerate(shown)
        ],
        schema=schema,
        orient="row",
    )  # fmt: skip


RUN_STATES = ("passed", "failed", "abandoned", "outcome unknown", "running")
"""What a run is shown as, in the order in which bars are stacked."""


def _run_states(runs: "DuckDBPyRelation", bucket: str) -> "DataFrame":
    import polars as pl
    from duckdb import CaseExpression as Case
    from duckdb import ColumnExpression as Column
    from duckdb import FunctionExpression as Function

    state = (
        Case(Column("is_running"), constant("running"))
        .when(Column("is_abandoned"), constant("abandoned"))
        .when(Column("is_unknown"), constant("outcome unknown"))
        .when(Column("passed"), constant("passed"))
        .otherwise(constant("failed"))
    )
    start = Function("date_trunc", constant(bucket), Column("started_at")).cast("DATE")
    rows = runs.project(start.alias("bucket"), state.alias("state"))
    counted = rows.aggregate(
        [Column("bucket"), Column("state"), Function("count_star").alias("runs")]
    ).pl()
    order = pl.DataFrame({"state": RUN_STATES, "order": range(len(RUN_STATES))})
    return counted.join(order, on="state").sort("bucket", "order")


def _agents(con: "DuckDBPyConnection", where: Selection) -> "DataFrame":
    import polars as pl

    found = evaluate(con, [METRICS["agent_time"]], ("agent",), where)
    rows = [
        (str(cut[0]), e.value, e.low, e.high, e.n)
        for cut, estimates in found.items()
        if (e := estimates["agent_time"]).value is not None
    ]
    schema = {
        "agent": pl.String, "value": pl.Float64, "low": pl.Float64, "high": pl.Float64,
        "n": pl.Int64,
    }  # fmt: skip
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.sort("value", descending=True)

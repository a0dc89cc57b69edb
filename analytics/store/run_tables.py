"""Rows that tell of runs: pages of them, counts of what they have in common, and one run in full."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from analytics.errors import UnknownNameError
from analytics.schema import RUNS
from analytics.store import filters, lake
from analytics.store.tables import Page, has_lake

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation
    from polars import DataFrame

Row = dict[str, Any]

JUDGED = {
    "state": "finished, running, or abandoned: no end, and silent for long.",
    "outcome": "How it turned out: pass, fail or unknown.",
    "outcome_checked": "pass or fail, as its own checks say: an acceptance, else tests.",
    "outcome_reported": "pass or fail, as a report says that came afterwards.",
    "reported_by": "What kind of report that is.",
    "tokens": "Tokens sent and received.",
}
"""Columns that view ``runs`` adds to those of its table, of those that a person asks for -> meaning."""

COLUMNS = tuple(dict.fromkeys((*RUNS.columns, *JUDGED)))
"""Columns that a table of runs can show, sort by and compare."""

FACETS = ("state", "outcome", "error_kind", "agent", "model", "variant", "task", "batch", "source")
"""Columns whose values are counted."""

OWN_FILTERS = ("outcome", "error_kind")
"""Facets that only runs have, so that no scope selects by them."""

_SEARCHED = (
    "task", "run_id", "trace_id", "agent", "variant", "model", "repo", "batch", "project", "bug_type",
    "error_type", "commit_sha",
)  # fmt: skip
_SHOWN_ALWAYS = ("source", "run_id", "task", "state", "outcome")

DEEPEST = 60
"""Levels of calls below a run that are followed."""
MOST_MARKS = 500
"""Calls that a waterfall draws."""
_MOST_ROWS = 100
_MOST_ALIKE = 6
TOP = ""
"""Stands for what a run's own call is below."""


@dataclass(frozen=True, kw_only=True)
class Facet:
    """The values of one column among some runs, the most frequent first."""

    column: str
    counts: tuple[tuple[str | None, int], ...]
    """Value (None: unknown) -> runs."""
    left_out: int
    """Values that are rarer than these."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One call as a bar: when, in seconds since the first of them, and on which line."""

    call: Row
    """Columns of queries/run_marks.sql."""
    start_s: float
    end_s: float
    lane: int


@dataclass(frozen=True, kw_only=True)
class Waterfall:
    """The calls of a run in time."""

    marks: tuple[Mark, ...]
    length_s: float
    """From the first to the last sign of life that is drawn; 0 where nothing has a duration."""
    rest: "DataFrame"
    """What is not drawn, by op: queries/run_rest.sql."""
    kinds: Mapping[str, int]
    """Kind -> calls, drawn or not."""
    unreached: int
    """Calls of the run that nothing leads to: in a circle of parents, or deeper than DEEPEST."""


@dataclass(frozen=True, kw_only=True)
class RunStory:
    """One run in full, but for its calls and patches, which are read as they are asked for."""

    run: Mapping[str, Any]
    """Columns of view ``runs``."""
    reported: Row | None
    evidence: "DataFrame"
    waterfall: Waterfall
    agents: "DataFrame"
    usage: "DataFrame"
    tools: "DataFrame"
    pipelines: "DataFrame"
    cycles: "DataFrame"
    conflicts: "DataFrame"
    patches: "DataFrame"


@dataclass(frozen=True, kw_only=True)
class Level:
    """Calls below opened ones."""

    calls: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    """Opened call -> its first children: columns of queries/run_level.sql."""


def runs(
    rows: "DuckDBPyRelation",
    columns: Sequence[str],
    *,
    order: str = "started_at",
    descending: bool = True,
    limit: int = 25,
    offset: int = 0,
) -> Page:
    """Return one page of runs.

    Args:
        rows: selected rows of view ``runs``.
        columns: of COLUMNS, which ones to read; what names a run is there in any case.
        order: the column that sorts.
        descending: the largest first; unknown comes last either way.
        limit: rows of the page.
        offset: rows before it.

    Raises:
        UnknownNameError: a column that does not exist.
    """
    from duckdb import ColumnExpression as Column

    for name in (*columns, order):
        if name not in COLUMNS:
            raise UnknownNameError("column", name, COLUMNS)
    key = Column(order).desc() if descending else Column(order).asc()
    sorted_rows = rows.sort(key.nulls_last(), Column("started_at").desc(), Column("run_id"))
    wanted = dict.fromkeys((*_SHOWN_ALWAYS, *columns))
    page = sorted_rows.limit(limit, offset).project(*map(Column, wanted)).pl()
    return Page(rows=page, total=len(rows))


def searched(rows: "DuckDBPyRelation", search: str) -> "DuckDBPyRelation":
    """Return the runs in which every word occurs somewhere, whatever its case."""
    return filters.searched(rows, _SEARCHED, search)


def equal(
    rows: "DuckDBPyRelation", wanted: Mapping[str, Sequence[str | None]]
) -> "DuckDBPyRelation":
    """Return the runs with one of the wanted values in every column that has some; None is the unknown."""
    for column, values in wanted.items():
        if values:
            rows = filters.among(rows, column, values)
    return rows


def facet(rows: "DuckDBPyRelation", column: str, most: int = 6) -> Facet:
    """Count the values of a column among some runs."""
    from duckdb import ColumnExpression as Column
    from duckdb import FunctionExpression as Function

    counted = rows.aggregate([Column(column), Function("count_star").alias("n")])
    ranked = counted.sort(Column("n").desc(), Column(column)).limit(most).fetchall()
    return Facet(column=column, counts=tuple(ranked), left_out=len(counted) - len(ranked))


def named(con: "DuckDBPyConnection", run_id: str) -> tuple[str, str] | None:
    """Return source and id of the run with an id, where there is exactly one."""
    found = _query(con, "run_named", {"run_id": run_id}).rows()
    return found[0] if len(found) == 1 else None


def story(con: "DuckDBPyConnection", run: Mapping[str, Any]) -> RunStory:
    """Return one run in full.

    Args:
        con: in a transaction, with the store attached.
        run: the run, as ``tables.run`` returns it.
    """
    key = {"source": run["source"], "run_id": run["run_id"]}
    whole = {**key, "trace_id": run["trace_id"]}
    con.execute(lake.statement("queries", "run_tree"), {**whole, "deepest": DEEPEST})
    reported = _query(con, "run_reported", key)
    return RunStory(
        run=run,
        reported=reported.row(0, named=True) if len(reported) else None,
        evidence=_query(con, "run_evidence", {**whole, "most": _MOST_ALIKE}),
        waterfall=_waterfall(con, run),
        agents=_query(con, "run_agents", key),
        usage=_query(con, "run_usage", key),
        tools=_query(con, "run_tools", key),
        pipelines=_query(con, "run_pipelines", {**key, "limit": _MOST_ROWS}),
        cycles=_query(con, "run_cycles", {**key, "limit": _MOST_ROWS}),
        conflicts=_query(con, "run_conflicts", key),
        patches=_query(con, "run_patches", {**whole, "limit": _MOST_ROWS}),
    )


def level(con: "DuckDBPyConnection", run: Mapping[str, Any], opened: Mapping[str, int]) -> Level:
    """Return the calls right below some calls of a run, and read no others.

    Args:
        con: in a transaction.
        run: the run, as ``tables.run`` returns it.
        opened: id of a call (or TOP) -> how many of the calls below it to return.
    """
    if not has_lake(con) or not opened:
        return Level()
    asked = {"parents": list(opened), "most": list(opened.values())}
    key = {name: run[name] for name in ("source", "trace_id", "run_id")}
    found: dict[str, list[Row]] = {}
    for call in _query(con, "run_level", {**key, **asked}).iter_rows(named=True):
        found.setdefault(call["above_id"], []).append(call)
    return Level(calls={above: tuple(calls) for above, calls in found.items()})


def _waterfall(con: "DuckDBPyConnection", run: Mapping[str, Any]) -> Waterfall:
    calls = list(_query(con, "run_marks", {"most": MOST_MARKS}).iter_rows(named=True))
    marks, length = placed(calls, is_running=run["state"] == "running")
    kinds = dict(con.execute(lake.statement("queries", "run_kinds")).fetchall())
    unreached = max(run["spans_count"] - sum(kinds.values()), 0)
    rest = _query(con, "run_rest", {"most": MOST_MARKS})
    return Waterfall(marks=marks, length_s=length, rest=rest, kinds=kinds, unreached=unreached)


def placed(calls: Sequence[Row], *, is_running: bool) -> tuple[tuple[Mark, ...], float]:
    """Put calls on lines, so that none covers another and each stands below the one that caused it.

    Args:
        calls: rows of queries/run_marks.sql; a parent comes before its children.
        is_running: whether what has not ended goes on; else it ends with the last call below it.

    Returns:
        The marks, and seconds from the first start to the last end.
    """
    if not calls:
        return (), 0.0
    began = min(call["started_at"] for call in calls)
    starts = [(call["started_at"] - began).total_seconds() for call in calls]
    ends = [start + (call["duration_s"] or 0.0) for start, call in zip(starts, calls, strict=True)]
    last = max(*starts, *ends)
    position_of = {call["span_id"]: position for position, call in enumerate(calls)}
    for position in sorted(range(len(calls)), key=lambda at: -calls[at]["depth"]):
        call, above = calls[position], position_of.get(calls[position]["parent_id"])
        if call["status"] == "running" and is_running:
            ends[position] = last
        if above is not None and calls[above]["status"] == "running":
            ends[above] = max(ends[above], ends[position])
    lanes: dict[str, int] = {}
    taken: list[list[tuple[float, float]]] = []
    marks: list[Mark] = []
    # Level by level, and in time: what comes first stands highest.
    for position in sorted(range(len(calls)), key=lambda at: (calls[at]["depth"], starts[at], at)):
        call, start = calls[position], starts[position]
        end = ends[position]
        lane = lanes.get(call["parent_id"], -1) + 1
        while lane < len(taken) and any(start < e and s < end for s, e in taken[lane]):
            lane += 1
        taken.extend([] for _ in range(lane + 1 - len(taken)))
        taken[lane].append((start, max(end, start)))
        lanes[call["span_id"]] = lane
        marks.append(Mark(call=call, start_s=start, end_s=end, lane=lane))
    return tuple(marks), last


def _query(con: "DuckDBPyConnection", name: str, parameters: Mapping[str, object]) -> "DataFrame":
    return con.execute(lake.statement("queries", name), dict(parameters)).pl()

"""Works metrics out: one scan per view and kind of aggregate, whatever the number of metrics."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from analytics.constants import constant
from analytics.errors import UnknownNameError
from analytics.metrics.aggregates import Estimate
from analytics.metrics.catalog import Metric
from analytics.store.filters import among

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation, Expression

CUTS = ("source", "project", "preset", "repo", "agent", "model", "variant", "op_version", "bug_type",
        "task", "batch", "state")  # fmt: skip
"""Columns that every view has, by which any metric can be cut and selected."""

PARTIAL_CUTS = {
    "tool": ("tool_usage", "tool_calls"),
    "error_type": ("pipelines", "debugging_cycles"),
}
"""Columns that only some views have: cut by them, metrics of the others have nothing to say."""

_OWN = {
    "agent": ("agent_runs", "usage", "tool_usage", "tool_calls", "debugging_cycles"),
    "model": ("usage",),
}
"""Cuts that in some views are not the run's but the row's own. A filter means the run's, everywhere."""

PERIODS = ("day", "week", "month")
"""Cuts by time: of the moment at which the run began, UTC."""

PRODUCTS = {"yy": ("y", "y"), "xy": ("x", "y"), "xx": ("x", "x")}
"""Sums over tasks that intervals need, and what is multiplied for them."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which runs count: those that began in [since, until), with these values."""

    since: datetime | None = None
    until: datetime | None = None
    equal: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)
    """Column of CUTS -> values that are let through; None lets the unknown through."""

    def __post_init__(self) -> None:
        """Check the columns at once, not at the first query."""
        for column in self.equal:
            if column not in CUTS:
                raise UnknownNameError("filter", column, CUTS)

    def apply(self, rows: "DuckDBPyRelation") -> "DuckDBPyRelation":
        """Return the rows of a view that are selected."""
        from duckdb import ColumnExpression as Column

        if self.since is not None:
            rows = rows.filter(Column("started_at") >= constant(self.since))
        if self.until is not None:
            rows = rows.filter(Column("started_at") < constant(self.until))
        for column, values in self.equal.items():
            rows = among(rows, column, values)
        return rows


EVERYTHING = Selection()

Cut = tuple[Any, ...]
"""Values of the columns that a metric was cut by, in their order."""


def evaluate(
    con: "DuckDBPyConnection",
    metrics: Iterable[Metric],
    by: Sequence[str] = (),
    where: Selection = EVERYTHING,
) -> dict[Cut, dict[str, Estimate]]:
    """Work out metrics, each for every value of the cuts.

    Args:
        con: a connection with the views.
        metrics: which ones.
        by: columns of CUTS, PARTIAL_CUTS and PERIODS.
        where: which runs count.

    Returns:
        For every combination of cut values that occurs (sorted, unknown last), metric name -> estimate.
        Without cuts there is exactly one entry, under ``()``, even where there are no rows.

    Raises:
        UnknownNameError: a cut that does not exist.
    """
    check_cuts(by)
    found: dict[Cut, dict[str, Estimate]] = {} if by else {(): {}}
    chosen = list(metrics)
    for view in dict.fromkeys(metric.view for metric in chosen):
        if any(view not in PARTIAL_CUTS.get(column, (view,)) for column in by):
            continue
        rows = selected(con, view, where)
        for per_unit in (False, True):
            batch = [m for m in chosen if m.view == view and m.of.per_unit is per_unit]
            if batch:
                for cut, estimates in _scan(rows, batch, by, per_unit=per_unit).items():
                    found.setdefault(cut, {}).update(estimates)
    return completed(found, chosen)


def check_cuts(by: Sequence[str]) -> None:
    """Make sure that there are such cuts.

    Raises:
        UnknownNameError: one does not exist.
    """
    for column in by:
        if column not in (*CUTS, *PARTIAL_CUTS, *PERIODS):
            raise UnknownNameError("cut", column, (*CUTS, *PARTIAL_CUTS, *PERIODS))


def completed(
    found: Mapping[Cut, dict[str, Estimate]], metrics: Sequence[Metric]
) -> dict[Cut, dict[str, Estimate]]:
    """Return every cut with every metric, sorted, unknown last."""
    for estimates in found.values():
        for metric in metrics:
            estimates.setdefault(metric.name, _of_no_rows(metric))
    return dict(sorted(found.items(), key=lambda item: [(v is None, v) for v in item[0]]))


def selected(con: "DuckDBPyConnection", view: str, where: Selection) -> "DuckDBPyRelation":
    """Return the rows of a view that belong to selected runs."""
    from duckdb import ColumnExpression as Column

    of_runs = {c: values for c, values in where.equal.items() if view in _OWN.get(c, ())}
    if not of_runs:
        return where.apply(con.table(view))
    others = {c: values for c, values in where.equal.items() if c not in of_runs}
    keys = (Column("source"), Column("run_id"))
    runs = Selection(equal=of_runs).apply(con.table("runs")).project(*keys)
    rows = replace(where, equal=others).apply(con.table(view))
    return rows.join(runs, "source, run_id", how="semi")


def measure(
    con: "DuckDBPyConnection", metrics: Iterable[Metric], where: Selection = EVERYTHING
) -> dict[str, Estimate]:
    """Work out metrics over everything that is selected: metric name -> estimate."""
    return evaluate(con, metrics, (), where)[()]


def _scan(
    rows: "DuckDBPyRelation", metrics: Sequence[Metric], by: Sequence[str], *, per_unit: bool
) -> dict[Cut, dict[str, Estimate]]:
    from duckdb import ColumnExpression as Column
    from duckdb import FunctionExpression as Function

    cuts = [f"cut_{position}" for position in range(len(by))]
    unit = [Column("unit_id").alias("unit_id")] if per_unit else []
    used = dict.fromkeys(column for metric in metrics for column in metric.of.columns)
    # A count needs no column, but a projection needs one.
    plain = [Column(column).alias(column) for column in {**used, "run_id": None}]
    rows = rows.project(
        *(_cut(column).alias(name) for column, name in zip(by, cuts, strict=True)), *unit, *plain
    )
    asked = [
        (position, name, expression)
        for position, metric in enumerate(metrics)
        for name, expression in metric.of.moments().items()
    ]
    keys = [Column(name) for name in cuts]
    if per_unit:
        inner = [expression.alias(f"{name}_{position}") for position, name, expression in asked]
        grouped = ", ".join([*cuts, "unit_id"])
        rows = rows.aggregate([*keys, Column("unit_id"), *inner], grouped)
        outer = [
            Function("sum", Column(f"{name}_{position}")).alias(f"{name}_{position}")
            for position, name, _ in asked
        ]
        for position in range(len(metrics)):
            # DECIMAL products overflow: sums of squares are taken in floating point.
            parts = {part: Column(f"{part}_{position}").cast("DOUBLE") for part in ("x", "y")}
            for name, (left, right) in PRODUCTS.items():
                product = parts[left] * parts[right]
                outer.append(Function("sum", product).alias(f"{name}_{position}"))
            took_part = Column(f"n_{position}") > _zero()
            outer.append(Function("count_if", took_part).alias(f"units_{position}"))
        names = [*(f"{name}_{position}" for position, name, _ in asked)]
        names += [
            f"{name}_{position}"
            for position in range(len(metrics))
            for name in (*PRODUCTS, "units")
        ]
    else:
        outer = [expression.alias(f"{name}_{position}") for position, name, expression in asked]
        names = [f"{name}_{position}" for position, name, _ in asked]
    answers = rows.aggregate([*keys, *outer], ", ".join(cuts))
    of_rows = any(metric.of.of_rows for metric in metrics)
    told = _with_lists(answers) if of_rows else answers.fetchall()
    return estimated(metrics, names, told, len(cuts))


def _with_lists(answers: "DuckDBPyRelation") -> list[tuple[Any, ...]]:
    """Return answers with their lists as arrays: as Python's objects, those of all rows take long."""
    columns = answers.fetchnumpy().values()
    return list(zip(*([_plain(value) for value in column] for column in columns), strict=True))


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Return a value of an array as Python's own: nothing for unknown, a date for the begin of a period."""
    import numpy as np

    if value is np.ma.masked:
        return None
    if isinstance(value, np.datetime64):
        return value.astype("datetime64[D]").item()
    return value.item() if isinstance(value, np.generic) else value


def estimated(
    metrics: Sequence[Metric], names: Sequence[str], answers: Iterable[Sequence[Any]], cuts: int
) -> dict[Cut, dict[str, Estimate]]:
    """Turn answers into numbers.

    Args:
        metrics: what was asked for.
        names: moments, each with the position of its metric behind it: ``y_0``.
        answers: per cut its values, then the moments.
        cuts: how many columns it was cut by.
    """
    result: dict[Cut, dict[str, Estimate]] = {}
    for answer in answers:
        values = dict(zip(names, answer[cuts:], strict=True))
        result[tuple(answer[:cuts])] = {
            metric.name: metric.of.estimate(_of(values, position))
            for position, metric in enumerate(metrics)
        }
    return result


def _of_no_rows(metric: Metric) -> Estimate:
    """Return what a metric says where a cut of another view has no row in its own."""
    names = (*metric.of.moments(), *PRODUCTS, "units")
    return metric.of.estimate(_of({f"{name}_0": None for name in names}, 0))


def _of(values: Mapping[str, Any], position: int) -> dict[str, Any]:
    """Return one metric's moments, without its number; a sum over no rows is no row."""
    suffix = f"_{position}"
    counts = ("n", "rows", "units", "known", "counted")
    return {
        (name := key.removesuffix(suffix)): (0 if value is None and name in counts else value)
        for key, value in values.items()
        if key.rpartition("_")[2] == str(position)
    }


def _cut(column: str) -> "Expression":
    from duckdb import ColumnExpression, FunctionExpression

    if column not in PERIODS:
        return ColumnExpression(column)
    start = FunctionExpression("date_trunc", constant(column), ColumnExpression("started_at"))
    return start.cast("DATE")


def _zero() -> "Expression":
    return constant(0)

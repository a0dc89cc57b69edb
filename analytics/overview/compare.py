"""Two sides of a selection, the same metrics on both: the older half and the newer, or two variants."""

from dataclasses import dataclass, replace
from math import hypot
from typing import TYPE_CHECKING

from analytics.metrics.aggregates import Estimate
from analytics.metrics.catalog import METRICS, Metric
from analytics.metrics.evaluate import Selection, measure
from analytics.overview.scope import Scope
from analytics.render import Card, card, counted, moment

if TYPE_CHECKING:
    from datetime import datetime

    from duckdb import DuckDBPyConnection
    from polars import DataFrame

COMPARED = (
    "pass_rate", "fix_time_median", "fix_rate", "first_try_rate", "claim_refuted_rate",
    "iterations_per_run", "run_duration", "cost_per_fixed_bug",
)  # fmt: skip
"""Metrics that do not grow with the number of runs: only these can be set side by side."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """One side of a comparison."""

    title: str
    detail: str
    """How many runs, and from when to when."""
    runs: int


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One metric on both sides."""

    metric: Metric
    left: Estimate
    right: Estimate
    left_card: Card
    right_card: Card
    """Its change is the step from left to right."""
    is_clear: bool | None
    """Whether the change is larger than chance explains; None where that cannot be said."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Both sides, and what changed between them."""

    left: Side
    right: Side
    pairs: tuple[Pair, ...]

    def frame(self) -> "DataFrame":
        """Return what ``chart_before_after`` draws.

        One row per metric measured in shares and per side: metric, side, order, value, low, high, n.
        """
        import polars as pl

        schema = {
            "metric": pl.String, "side": pl.String, "order": pl.Int64, "value": pl.Float64,
            "low": pl.Float64, "high": pl.Float64, "n": pl.Int64,
        }  # fmt: skip
        rows = [
            (pair.metric.title, side.title, order, e.value, e.low, e.high, e.n)
            for pair in self.pairs
            if pair.metric.unit.value == "share" and pair.left.n and pair.right.n
            for order, (side, e) in enumerate(((self.left, pair.left), (self.right, pair.right)))
            if e.value is not None
        ]
        return pl.DataFrame(rows, schema=schema, orient="row")


def comparison(con: "DuckDBPyConnection", where: Selection, scope: Scope) -> Comparison | None:
    """Compare two parts of the selected runs; None where there are fewer than two runs."""
    sides = _variants(where, scope) if scope.sides else _halves(con, where)
    if sides is None:
        return None
    (left_title, left), (right_title, right) = sides
    metrics = [METRICS[name] for name in COMPARED]
    before, after = measure(con, metrics, left), measure(con, metrics, right)
    pairs = tuple(
        Pair(
            metric=metric,
            left=before[metric.name],
            right=after[metric.name],
            left_card=card(metric, before[metric.name]),
            right_card=card(metric, after[metric.name], before[metric.name]),
            is_clear=is_clear(before[metric.name], after[metric.name]),
        )
        for metric in metrics
        if before[metric.name].value is not None or after[metric.name].value is not None
    )
    return Comparison(
        left=_side(con, left_title, left),
        right=_side(con, right_title, right),
        pairs=pairs,
    )


def is_clear(before: Estimate, after: Estimate) -> bool | None:
    """Say whether two independent estimates differ by more than chance explains.

    The 95 % interval of the difference is put together from the two intervals, each side's distance to
    its end squared and added (MOVER; Newcombe's interval where both are Wilson's).

    >>> is_clear(Estimate(value=0.5, low=0.4, high=0.6), Estimate(value=0.9, low=0.8, high=0.95))
    True
    >>> is_clear(Estimate(value=0.5, low=0.2, high=0.8), Estimate(value=0.6, low=0.3, high=0.9))
    False
    >>> is_clear(Estimate(value=3), Estimate(value=4)) is None
    True
    """
    old, new = _ends(before), _ends(after)
    if old is None or new is None:
        return None
    difference = new[1] - old[1]
    low = difference - hypot(new[1] - new[0], old[2] - old[1])
    high = difference + hypot(new[2] - new[1], old[1] - old[0])
    return low > 0 or high < 0


def _ends(estimate: Estimate) -> tuple[float, float, float] | None:
    if estimate.low is None or estimate.value is None or estimate.high is None:
        return None
    return estimate.low, estimate.value, estimate.high


def _halves(
    con: "DuckDBPyConnection", where: Selection
) -> "tuple[tuple[str, Selection], tuple[str, Selection]] | None":
    from duckdb import ColumnExpression as Column

    runs = where.apply(con.table("runs"))
    count = len(runs)
    if count < 2:
        return None
    row = runs.sort(Column("started_at"), Column("run_id")).limit(1, count // 2).project(
        Column("started_at")
    ).fetchone()  # fmt: skip
    assert row is not None
    middle: datetime = row[0]
    return (
        ("Older half", replace(where, until=middle)),
        ("Newer half", replace(where, since=middle)),
    )


def _variants(
    where: Selection, scope: Scope
) -> "tuple[tuple[str, Selection], tuple[str, Selection]] | None":
    assert scope.sides is not None
    left, right = (
        (side, replace(where, equal={**where.equal, "variant": (side,)})) for side in scope.sides
    )
    return left, right


def _side(con: "DuckDBPyConnection", title: str, where: Selection) -> Side:
    from duckdb import ColumnExpression as Column
    from duckdb import FunctionExpression as Function

    started = Column("started_at")
    asked = (Function("count", started), Function("min", started), Function("max", started))
    named = [each.alias(name) for each, name in zip(asked, ("runs", "first", "last"), strict=True)]
    runs, first, last = where.apply(con.table("runs")).aggregate(named).fetchall()[0]
    when = f", {moment(first)} to {moment(last)} UTC" if runs else ""
    return Side(title=title, detail=f"{counted(runs, 'run')}{when}", runs=runs)

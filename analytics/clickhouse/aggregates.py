"""The catalog's aggregates as ClickHouse expressions: the same moments that they ask of DuckDB.

Sums are taken in floating point: ClickHouse's own, of whole numbers, start again from below when they
overflow.
"""

from functools import singledispatch

from analytics.clickhouse.expression import Sql, call, column, quantile
from analytics.metrics.aggregates import (
    Aggregate,
    Count,
    Mean,
    Quantile,
    Rate,
    Ratio,
    SpeedUp,
    Sum,
    SurvivalMedian,
)

OBSERVED = {"times": 0, "events": 1, "order": 2}
"""Moments that are lists side by side, and where each stands in the items of the one list asked for."""

_ROWS = call("count")
_NULL = Sql(text="NULL")


@singledispatch
def moments(of: Aggregate) -> dict[str, Sql]:
    """Return what to ask of a view's rows; per task where ``of.per_unit``."""
    raise TypeError(f"{type(of).__name__} is not compiled to ClickHouse")


@moments.register
def _(of: Count) -> dict[str, Sql]:
    return {"counted": _count_if(of.where), "rows": _ROWS}


@moments.register
def _(of: Sum) -> dict[str, Sql]:
    whole = column(of.of)
    part = call("if", column(of.where), whole, _NULL) if of.where else whole
    return {"total": _sum(part), "known": call("count", part), "rows": _count_if(of.where)}


@moments.register
def _(of: Ratio) -> dict[str, Sql]:
    parts = column(of.of), column(of.over)
    both = call("isNotNull", parts[0]) & call("isNotNull", parts[1])
    y, x = (_sum(call("if", both, part, _NULL)) for part in parts)
    return {"y": y, "x": x, "n": call("countIf", both), "rows": _ROWS}


@moments.register
def _(of: Mean) -> dict[str, Sql]:
    known = call("count", column(of.of))
    return {"y": _sum(column(of.of)), "x": known, "n": known, "rows": _ROWS}


@moments.register
def _(of: Rate) -> dict[str, Sql]:
    among = column(of.among)
    asked = {"y": call("countIf", among & column(of.hit)), "x": call("countIf", among)}
    asked |= {"n": call("countIf", among), "rows": _ROWS}
    if of.unknown:
        asked["unknown"] = call("countIf", column(of.unknown))
    if of.excusable:
        asked["excusable"] = call("countIf", among & column(of.excusable))
    return asked


@moments.register
def _(of: Quantile) -> dict[str, Sql]:
    asked = column(of.of)
    return {"quantile": quantile(of.q, asked), "known": call("count", asked), "rows": _ROWS}


@moments.register
def _(of: SurvivalMedian) -> dict[str, Sql]:
    return _observed(column(of.time), column(of.event))


@moments.register
def _(of: SpeedUp) -> dict[str, Sql]:
    assert of.order == "started_at", of.order
    return _observed(column(of.time), column(of.event), column("started_us"))


def _observed(*parts: Sql) -> dict[str, Sql]:
    """Ask for times and events in one list: two lists might come in different orders."""
    return {"observed": call("groupArray", call("tuple", *parts)), "rows": _ROWS}


def _count_if(where: str | None) -> Sql:
    return call("countIf", column(where)) if where else _ROWS


def _sum(of: Sql) -> Sql:
    return call("sum", call("toFloat64", of))

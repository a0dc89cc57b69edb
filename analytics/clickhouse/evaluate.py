"""Works metrics out on ClickHouse: one scan per view and kind of aggregate, as on DuckDB."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from analytics.clickhouse.aggregates import OBSERVED, moments
from analytics.clickhouse.expression import Sql, call, column, select
from analytics.clickhouse.server import Session
from analytics.errors import InputError
from analytics.metrics.aggregates import Estimate
from analytics.metrics.catalog import CATALOG, Metric, metric
from analytics.metrics.evaluate import (
    PARTIAL_CUTS,
    PERIODS,
    PRODUCTS,
    Cut,
    check_cuts,
    completed,
    estimated,
)
from analytics.redaction import redact

_STARTS = {"day": "toDate", "week": "toMonday", "month": "toStartOfMonth"}
"""Period -> the function that gives its first day."""


def choose(names: Sequence[str]) -> tuple[list[Metric], list[Metric]]:
    """Return the metrics to work out, and those that are left out: none where they were named.

    Args:
        names: which ones; all that can be worked out here where empty.

    Raises:
        UnknownNameError: there is none of that name.
        InputError: one cannot be worked out here; it is never approximated.
    """
    chosen = [metric(name) for name in names]
    for each in chosen:
        if each.not_on_clickhouse is not None:
            raise InputError(
                f"{each.name} cannot be worked out on ClickHouse: {each.not_on_clickhouse}."
            )
    if chosen:
        return chosen, []
    left_out = [each for each in CATALOG if each.not_on_clickhouse is not None]
    return [each for each in CATALOG if each not in left_out], left_out


def evaluate(
    session: Session, metrics: Iterable[Metric], by: Sequence[str] = ()
) -> dict[Cut, dict[str, Estimate]]:
    """Work out metrics, each for every value of the cuts; as ``metrics.evaluate.evaluate``.

    Args:
        session: one in which the views have been made.
        metrics: which ones.
        by: columns to cut by.

    Raises:
        UnknownNameError: a cut that does not exist.
        RemoteError: the server did not answer, or refused.
    """
    check_cuts(by)
    found: dict[Cut, dict[str, Estimate]] = {} if by else {(): {}}
    chosen = list(metrics)
    for view in dict.fromkeys(each.view for each in chosen):
        if any(view not in PARTIAL_CUTS.get(name, (view,)) for name in by):
            continue
        for per_unit in (False, True):
            batch = [m for m in chosen if m.view == view and m.of.per_unit is per_unit]
            if batch:
                for cut, estimates in _scan(session, batch, by, per_unit=per_unit).items():
                    found.setdefault(cut, {}).update(estimates)
    return completed(_shown(found, by), chosen)


def _scan(
    session: Session, metrics: Sequence[Metric], by: Sequence[str], *, per_unit: bool
) -> dict[Cut, dict[str, Estimate]]:
    cuts = [f"cut_{position}" for position in range(len(by))]
    asked = {
        f"{name}_{position}": expression
        for position, metric in enumerate(metrics)
        for name, expression in moments(metric.of).items()
    }
    view, keys = column(metrics[0].view), [_cut(n).named(c) for n, c in zip(by, cuts, strict=True)]
    if not per_unit:
        columns = [expression.named(name) for name, expression in asked.items()]
        query = select([*keys, *columns], view, group=cuts)
    else:
        inner = [expression.named(f"of_unit_{name}") for name, expression in asked.items()]
        units = select([*keys, column("unit_id"), *inner], view, group=[*cuts, "unit_id"])
        outer = {name: call("sum", column(f"of_unit_{name}")) for name in asked}
        for position in range(len(metrics)):
            part = {n: call("toFloat64", column(f"of_unit_{n}_{position}")) for n in ("x", "y")}
            for name, (left, right) in PRODUCTS.items():
                outer[f"{name}_{position}"] = call("sum", call("multiply", part[left], part[right]))
            took_part = call("greater", column(f"of_unit_n_{position}"), Sql(text="0"))
            outer[f"units_{position}"] = call("countIf", took_part)
        columns = [expression.named(name) for name, expression in outer.items()]
        asked = outer
        query = select([*map(column, cuts), *columns], units, group=cuts)
    answers = session.ask(query)
    names, rows = _unpacked([*cuts, *asked], answers)
    return estimated(metrics, names[len(cuts) :], rows, len(cuts))


def _cut(name: str) -> Sql:
    return call(_STARTS[name], column("day")) if name in PERIODS else column(name)


def _shown(
    found: Mapping[Cut, dict[str, Estimate]], by: Sequence[str]
) -> dict[Cut, dict[str, Estimate]]:
    """Return numbers by what cuts are shown as: dates as dates, texts of calls without secrets.

    Texts that differ in a secret only stay apart: the second one is followed by (2).
    """
    shown: dict[Cut, dict[str, Estimate]] = {}
    for cut, estimates in found.items():
        label, again = tuple(map(_plain, cut, by)), 1
        while label in shown:
            again += 1
            at = next(n for n, part in enumerate(label) if isinstance(part, str))
            label = (*label[:at], f"{_plain(cut[at], by[at])} ({again})", *label[at + 1 :])
        shown[label] = estimates
    return shown


def _plain(value: str | None, by: str) -> str | date | None:
    if value is None:
        return None
    return date.fromisoformat(value) if by in PERIODS else redact(value)


def _unpacked(
    names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> tuple[list[str], list[list[Any]]]:
    """Turn each list of observations into the lists side by side that aggregates read."""
    wide = [
        [f"{part}_{name.rpartition('_')[2]}" for part in OBSERVED] if _is_observed(name) else [name]
        for name in names
    ]
    unpacked = [
        [
            value
            for name, found in zip(names, row, strict=True)
            for value in (
                [[item[at] for item in found if len(item) > at] for at in OBSERVED.values()]
                if _is_observed(name)
                else [found]
            )
        ]
        for row in rows
    ]
    return [name for group in wide for name in group], unpacked


def _is_observed(name: str) -> bool:
    return name.startswith("observed_")

"""What the overview says, worked out once: the page, the exported page and the command line show it.

Knows no notebook and no chart library; charts are drawn from its frames.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from analytics.metrics.aggregates import Count, Estimate, Sum
from analytics.metrics.catalog import CATALOG, METRICS, Metric
from analytics.metrics.evaluate import Selection, measure
from analytics.overview.compare import Comparison, comparison, is_clear
from analytics.overview.scope import (
    DEFAULT_PERIOD,
    PERIODS,
    Period,
    Scope,
    has_unknown,
    options,
    parse,
)
from analytics.overview.series import Series, series
from analytics.overview.window import Window, window
from analytics.render import Card, card
from analytics.store import consistency, tables

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from analytics.store.reader import Reader

__all__ = [
    "DEFAULT_PERIOD",
    "FIRST_CARDS",
    "PERIODS",
    "SECOND_CARDS",
    "Comparison",
    "Headline",
    "Overview",
    "Period",
    "Scope",
    "Series",
    "Window",
    "has_unknown",
    "options",
    "overview",
    "parse",
    "selection",
    "window",
]

FIRST_CARDS = ("pass_rate", "fix_time_median", "bugs_fixed", "speed_improvement")
SECOND_CARDS = ("first_try_rate", "cost_per_fixed_bug", "runs_running")
MORE_CARDS = tuple(m.name for m in CATALOG if m.name not in (*FIRST_CARDS, *SECOND_CARDS))


@dataclass(frozen=True, kw_only=True)
class Headline:
    """One card: its words, the numbers behind them, and whether its change means something."""

    card: Card
    now: Estimate
    before: Estimate | None
    is_clear: bool | None
    """Whether the change is larger than chance explains; None where that cannot be said."""


@dataclass(frozen=True, kw_only=True)
class Overview:
    """Everything that the overview shows of one scope, consistent with one version of the store."""

    scope: Scope
    window: Window
    """``window.label`` says the period ("14 days to 20 Nov 2026 UTC"), ``before_label`` its rival."""
    first: tuple[Headline, ...]
    """FIRST_CARDS, in order."""
    second: tuple[Headline, ...]
    """SECOND_CARDS, in order."""
    more: tuple[Headline, ...]
    """Every other metric of the catalog, in its order."""
    series: Series
    """The frames that ``dashboard.charts`` draws."""
    comparison: Comparison | None
    """Before and after; None where there are fewer than two runs."""
    runs: int
    """Runs in the scope."""
    runs_of_several_types: int
    """Runs whose bugs are of several types, some chosen: those bugs are in the scope, the runs not."""
    runs_stored: int
    """Runs in the whole store."""
    running: int
    """Runs in progress in the whole store."""
    facts: tables.StoreFacts
    """Where the data came from, when, how much, and what could not be read."""

    def headlines(self, names: Iterable[str]) -> "tuple[Headline, ...]":
        """Return some metrics by name, wherever they stand here."""
        known = {each.card.name: each for each in (*self.first, *self.second, *self.more)}
        return tuple(known[name] for name in names)

    @property
    def is_empty(self) -> bool:
        """Whether there is neither a run nor a bug to tell of."""
        return self.runs == self.runs_of_several_types == 0


@consistency.again
def overview(reader: "Reader", scope: Scope) -> Overview:
    """Work out what the overview says of a scope.

    Raises:
        StoreError: the store cannot be read.
    """
    with tables.consistent(reader) as con:
        facts = tables.store_facts(con)
        span = window(con, scope, reader.now)
        where = selection(scope, span)
        now = measure(con, CATALOG, where)
        before = measure(con, CATALOG, _before(where, span)) if span.before else {}
        stored = measure(con, [METRICS["runs"], METRICS["runs_running"]])

        def headlines(names: Iterable[str]) -> tuple[Headline, ...]:
            return tuple(_headline(METRICS[name], span, now, before) for name in names)

        return Overview(
            scope=scope,
            window=span,
            first=headlines(FIRST_CARDS),
            second=headlines(SECOND_CARDS),
            more=headlines(MORE_CARDS),
            series=series(con, where, span),
            comparison=comparison(con, where, scope),
            runs=int(now["runs"].value or 0),
            runs_of_several_types=_of_several_types(con, where),
            runs_stored=int(stored["runs"].value or 0),
            running=int(stored["runs_running"].value or 0),
            facts=facts,
        )


def selection(scope: Scope, span: Window) -> Selection:
    """Return which runs a scope lets through."""
    return Selection(since=span.since, until=span.until, equal=dict(scope.equal))


def _before(where: Selection, span: Window) -> Selection:
    return Selection(since=span.before, until=span.since, equal=where.equal)


def _of_several_types(con: "DuckDBPyConnection", where: Selection) -> int:
    if "bug_type" not in where.equal:
        return 0
    from duckdb import ColumnExpression as Column

    several = replace(where, equal={**where.equal, "bug_type": ("several",)})
    key = Column("source"), Column("run_id")
    bugs = where.apply(con.table("fixes")).project(*key)
    return len(several.apply(con.table("runs")).project(*key).intersect(bugs))


def _headline(
    metric: Metric, span: Window, now: dict[str, Estimate], before: dict[str, Estimate]
) -> Headline:
    new, old = now[metric.name], before.get(metric.name)
    is_total = isinstance(metric.of, Count | Sum)
    # A total of a part of a period is no rival; and what runs now did not run then.
    if metric.name == "runs_running" or (is_total and not span.before_is_whole):
        old = None
    return Headline(
        card=card(metric, new, old),
        now=new,
        before=old,
        is_clear=is_clear(old, new) if old else None,
    )

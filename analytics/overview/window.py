"""A scope's place in time: from when to when, what lies before it, and how finely to cut it."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from analytics.constants import constant
from analytics.overview.scope import Scope
from analytics.render import counted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_FUTURE = timedelta(days=1)
"""A run that begins further ahead than this has a wrong clock, and does not anchor a period."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """Half-open spans of time, UTC. All None where the store has no run."""

    since: datetime | None = None
    until: datetime | None = None
    before: datetime | None = None
    """Start of the span of equal length before; None where everything is looked at."""
    bucket: str = "day"
    """One of ``evaluate.PERIODS``."""
    label: str = "no runs yet"
    before_label: str = ""
    before_is_whole: bool = True
    """Whether the store reaches back to ``before``: else totals cannot be compared, only rates can."""
    future_runs: int = 0
    """Runs left out because they begin in the future."""

    @property
    def days(self) -> tuple[date, date] | None:
        """First and last day, both included."""
        if self.since is None or self.until is None:
            return None
        return self.since.date(), (self.until - timedelta(microseconds=1)).date()


def window(con: "DuckDBPyConnection", scope: Scope, now: datetime) -> Window:
    """Place a scope in time: its period ends with the day of the newest run.

    Args:
        con: a connection with the views.
        scope: what is looked at.
        now: UTC, without a zone; runs that begin a day later have a wrong clock.
    """
    first, last, future = _extent(con, now)
    if first is None or last is None:
        return Window()
    until = _shifted(_midnight(last.date()), timedelta(days=1))
    days = scope.period.days
    since = _midnight(first.date()) if days is None else _shifted(until, -timedelta(days=days))
    if scope.days:
        since = max(since, _midnight(scope.days[0]))
        until = min(until, _midnight(scope.days[1] + timedelta(days=1)))
        until = max(until, since + timedelta(days=1))
    length = until - since
    whole = days is None and scope.days is None
    title = "All time" if whole else counted(length.days, "day")
    ending = f"to {_day(until - timedelta(days=1))} UTC"
    before = _shifted(since, -length)
    before_is_whole = _midnight(first.date()) <= before
    reach = "" if before_is_whole else f", from {_day(first)} on"
    return Window(
        since=since,
        until=until,
        before=None if whole or first >= since else before,
        before_is_whole=before_is_whole,
        bucket=_bucket(length.days),
        label=f"{title} {ending}",
        before_label="" if whole else f"the {title} before{reach}",
        future_runs=future,
    )


def _extent(
    con: "DuckDBPyConnection", now: datetime
) -> tuple[datetime | None, datetime | None, int]:
    from duckdb import ColumnExpression as Column
    from duckdb import FunctionExpression as Function

    started = Column("started_at")
    runs = con.table("runs")
    past = runs.filter(started <= constant(now + _FUTURE))
    ends = [Function("min", started).alias("first"), Function("max", started).alias("last")]
    first, last, seen = past.aggregate([*ends, Function("count_star").alias("n")]).fetchall()[0]
    if seen == 0:
        first, last = runs.aggregate(ends).fetchall()[0]
        return first, last, 0
    return first, last, len(runs) - int(seen)


def _shifted(moment: datetime, by: timedelta) -> datetime:
    """Move a moment as far as the calendar goes: clocks in traces can be off by thousands of years."""
    try:
        return moment + by
    except OverflowError:
        return datetime.max if by > timedelta() else datetime.min


def _bucket(days: int) -> str:
    if days <= 120:
        return "day"
    return "week" if days <= 840 else "month"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"

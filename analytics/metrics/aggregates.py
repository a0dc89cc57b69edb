"""What a metric does with the rows of a view: value objects that ask DuckDB for moments and finish them.

An aggregate names the moments it needs as DuckDB expressions, so that many metrics share one scan, and
turns their values into an estimate with its interval. Where a task is run several times, the runs of
one task are not independent: the unit of an interval is the task (column ``unit_id``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from analytics.constants import constant
from analytics.metrics import survival
from analytics.metrics.intervals import cluster_interval, wilson

if TYPE_CHECKING:
    from duckdb import Expression

Moments = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """One number, and how sure it is."""

    value: float | None
    """None where there is nothing to say it from."""
    low: float | None = None
    high: float | None = None
    """Ends of the 95 % interval, where the method gives one."""
    n: int = 0
    """Rows that the value stands on: the denominator of a rate."""
    hits: int | None = None
    """Of those, the ones that a rate counts."""
    units: int = 0
    """Distinct tasks among them."""
    missing: int = 0
    """Rows left out because what they would have said is unknown."""
    floor: float | None = None
    ceiling: float | None = None
    """The bracket: the value if every doubtful row had failed, and if every one had passed."""


class Aggregate(Protocol):
    """What every aggregate offers."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the view that it reads."""
        ...

    @property
    def per_unit(self) -> bool:
        """Whether its moments are taken per task first, and then over tasks."""
        ...

    @property
    def of_rows(self) -> bool:
        """Whether its moments are lists with an element per row."""
        ...

    def moments(self) -> "dict[str, Expression]":
        """Return what to ask of the view's rows; per task where ``per_unit``."""
        ...

    def estimate(self, moments: Moments) -> Estimate:
        """Turn the answers into a number."""
        ...


def _col(name: str) -> "Expression":
    from duckdb import ColumnExpression

    return ColumnExpression(name)


def _fn(name: str, *args: "Expression") -> "Expression":
    from duckdb import FunctionExpression

    return FunctionExpression(name, *args)


def _when(condition: "Expression", value: "Expression") -> "Expression":
    from duckdb import CaseExpression

    return CaseExpression(condition, value)


@dataclass(frozen=True, kw_only=True)
class Count:
    """How many rows there are, or how many for which a yes/no column says yes."""

    where: str | None = None
    per_unit = False
    of_rows = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the view that it reads."""
        return (self.where,) if self.where else ()

    def moments(self) -> "dict[str, Expression]":
        """Ask for the rows counted and for all of them."""
        counted = _fn("count_if", _col(self.where)) if self.where else _fn("count_star")
        return {"counted": counted, "rows": _fn("count_star")}

    def estimate(self, moments: Moments) -> Estimate:
        """A count is known whenever the rows are."""
        return Estimate(value=float(moments["counted"] or 0), n=int(moments["rows"]))


@dataclass(frozen=True, kw_only=True)
class Sum:
    """The total of a column; rows where it is unknown are counted as missing, not as zero."""

    of: str
    where: str | None = None
    """A yes/no column: only rows for which it says yes are asked."""
    per_unit = False
    of_rows = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the view that it reads."""
        return (self.of, self.where) if self.where else (self.of,)

    def moments(self) -> "dict[str, Expression]":
        """Ask for the total and for how many rows know their part."""
        part = _when(_col(self.where), _col(self.of)) if self.where else _col(self.of)
        return {
            "total": _fn("sum", part),
            "known": _fn("count", part),
            "rows": _fn("count_if", _col(self.where)) if self.where else _fn("count_star"),
        }

    def estimate(self, moments: Moments) -> Estimate:
        """Without one known row there is no total."""
        known = int(moments["known"])
        total = float(moments["total"]) if known else None
        return Estimate(value=total, n=known, missing=int(moments["rows"]) - known)


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """Sum of one column over sum of another, over the rows that know both.

    The interval is the linearised, cluster-robust one: variance C/(C-1) * sum((y - R x)^2) / X^2 over
    tasks, with the t distribution of C-1 degrees. What is summed is never negative, nor is the lower end.
    """

    of: str
    over: str
    per_unit = True
    of_rows = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the view that it reads."""
        return (self.of, self.over)

    def moments(self) -> "dict[str, Expression]":
        """Ask each task for its two sums and for how many of its rows know both."""
        both = _col(self.of).isnotnull() & _col(self.over).isnotnull()
        return {
            "y": _fn("sum", _when(both, _col(self.of))),
            "x": _fn("sum", _when(both, _col(self.over))),
            "n": _fn("count_if", both),
            "rows": _fn("count_star"),
        }

    def estimate(self, moments: Moments) -> Estimate:
        """Nothing to divide by gives no value."""
        n, units = int(moments["n"]), int(moments["units"])
        missing = int(moments["rows"]) - n
        if not moments["x"]:
            return Estimate(value=None, n=n, units=units, missing=missing)
        value = float(moments["y"]) / float(moments["x"])
        low, high = cluster_interval(value, moments)
        low = low if low is None else max(low, 0.0)
        return Estimate(value=value, low=low, high=high, n=n, units=units, missing=missing)


@dataclass(frozen=True, kw_only=True)
class Mean:
    """Mean of a column over the rows that know it, with the cluster-robust interval of ``Ratio``."""

    of: str
    per_unit = True
    of_rows = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the view that it reads."""
        return (self.of,)

    def moments(self) -> "dict[str, Expression]":
        """Ask each task for the sum and the number of its known values."""
        return {
            "y": _fn("sum", _col(self.of)),
            "x": _fn("count", _col(self.of)),
            "n": _fn("count", _col(self.of)),
            "rows": _fn("count_star"),
        }

    def estimate(self, moments: Moments) -> Estimate:
        """Without a known value there is no mean."""
        n, units = int(moments["n"]), int(moments["units"])
        missing = int(moments["rows"]) - n
        if n == 0:
            return Estimate(value=None, missing=missing)
        value = float(moments["y"]) / n
        low, high = cluster_interval(value, moments)
        low = low if low is None else max(low, 0.0)
        return Estimate(value=value, low=low, high=high, n=n, units=units, missing=missing)


@dataclass(frozen=True, kw_only=True)
class Rate:
    """Share of the rows of ``among`` for which ``hit`` says yes.

    Interval: Wilson's where no task was run twice, else the cluster-robust one over tasks. Where every
    task agrees (all pass, none pass), that one has no width, and Wilson's over the tasks stands in.
    """

    hit: str
    among: str
    unknown: str | None = None
    """Rows that may belong to the denominator, but nobody knows their outcome."""
    excusable: str | None = None
    """Rows of the denominator that missed for a reason outside the agent."""
    per_unit = True
    of_rows = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the view that it reads."""
        return tuple(name for name in (self.hit, self.among, self.unknown, self.excusable) if name)

    def moments(self) -> "dict[str, Expression]":
        """Ask each task for its hits, its denominator and its doubtful rows."""
        asked = {
            "y": _fn("count_if", _col(self.among) & _col(self.hit)),
            "x": _fn("count_if", _col(self.among)),
            "n": _fn("count_if", _col(self.among)),
            "rows": _fn("count_star"),
        }
        if self.unknown:
            asked["unknown"] = _fn("count_if", _col(self.unknown))
        if self.excusable:
            asked["excusable"] = _fn("count_if", _col(self.among) & _col(self.excusable))
        return asked

    def estimate(self, moments: Moments) -> Estimate:
        """Nobody to count gives no rate."""
        n, hits, units = int(moments["n"]), int(moments["y"] or 0), int(moments["units"])
        unknown, excusable = int(moments.get("unknown") or 0), int(moments.get("excusable") or 0)
        floor = ceiling = None
        if (unknown or excusable) and n + unknown:
            floor = hits / (n + unknown)
            ceiling = (hits + unknown + excusable) / (n + unknown)
        if n == 0:
            return Estimate(value=None, n=0, hits=0, missing=unknown, floor=floor, ceiling=ceiling)
        value = hits / n
        low, high = (None, None) if units == n else cluster_interval(value, moments)
        if low is None or high is None or low == high:
            low, high = wilson(value, units)
        return Estimate(
            value=value, low=max(low, 0.0), high=min(high, 1.0), n=n, hits=hits, units=units,
            missing=unknown, floor=floor, ceiling=ceiling,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Quantile:
    """An exact quantile of a column over the rows that know it (linear interpolation)."""

    of: str
    q: float
    per_unit = False
    of_rows = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the view that it reads."""
        return (self.of,)

    def moments(self) -> "dict[str, Expression]":
        """Ask for the quantile and for how many rows it stands on."""
        return {
            "quantile": _fn("quantile_cont", _col(self.of), constant(self.q)),
            "known": _fn("count", _col(self.of)),
            "rows": _fn("count_star"),
        }

    def estimate(self, moments: Moments) -> Estimate:
        """Without a known value there is no quantile."""
        known = int(moments["known"])
        value = None if moments["quantile"] is None else float(moments["quantile"])
        return Estimate(value=value, n=known, missing=int(moments["rows"]) - known)


@dataclass(frozen=True, kw_only=True)
class SurvivalMedian:
    """Median time to an event by Kaplan-Meier: rows without the event count as not yet, not as gone."""

    time: str
    event: str
    per_unit = False
    of_rows = True

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the view that it reads."""
        return (self.time, self.event)

    def moments(self) -> "dict[str, Expression]":
        """Ask for the times, and whether the event came then or waiting was cut off."""
        return {
            "times": _fn("list", _col(self.time)),
            "events": _fn("list", _col(self.event)),
            "rows": _fn("count_star"),
        }

    def estimate(self, moments: Moments) -> Estimate:
        """Where more than half were still open at the end, there is no median yet."""
        observed = survival.observations(moments["times"], moments["events"])
        value, low, high = survival.median(observed)
        return Estimate(
            value=value, low=low, high=high, n=observed.n, hits=observed.events_count,
            missing=int(moments["rows"]) - observed.n,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SpeedUp:
    """1 - median of the newer half / median of the older half, by when each run began.

    Both medians are Kaplan-Meier's; the interval is a percentile bootstrap over the rows of each half.
    """

    time: str
    event: str
    order: str
    at_least: int = 5
    """Events that each half must hold, else there is no value."""
    per_unit = False
    of_rows = True

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the view that it reads."""
        return (self.time, self.event, self.order)

    def moments(self) -> "dict[str, Expression]":
        """Ask for the times, whether the event came, and the order."""
        return {
            "times": _fn("list", _col(self.time)),
            "events": _fn("list", _col(self.event)),
            "order": _fn("list", _fn("epoch_us", _col(self.order))),
            "rows": _fn("count_star"),
        }

    def estimate(self, moments: Moments) -> Estimate:
        """Too few events in a half give no value."""
        observed = survival.observations(moments["times"], moments["events"], moments["order"])
        value, low, high = survival.speed_up(observed, self.at_least)
        return Estimate(
            value=value, low=low, high=high, n=observed.n, hits=observed.events_count,
            missing=int(moments["rows"]) - observed.n,
        )  # fmt: skip

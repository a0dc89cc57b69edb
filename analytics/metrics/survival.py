"""Times to an event that may not have come yet: Kaplan-Meier medians, and how they changed.

Written out instead of imported: scipy's version loads for two seconds, which a page cannot wait. The
tests hold this one against it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy import ndarray

_Z = 1.959963984540054
_RESAMPLES = 500
_HALF = 0.5 + 1e-9
"""One half; a product of fractions that is exactly one half comes out of rounding just above it."""
_MOST_DISTINCT = 1024
"""Distinct times that the bootstrap tells apart; beyond that, times are pooled by rank."""


@dataclass(frozen=True, kw_only=True)
class Observations:
    """Times in seconds, and whether the event came then (else waiting was cut off)."""

    times: "ndarray[Any, Any]"
    events: "ndarray[Any, Any]"
    order: "ndarray[Any, Any]"
    """What decides which are older, e.g. microseconds since the epoch; zeros where nobody asks."""

    @property
    def n(self) -> int:
        """How many there are."""
        return len(self.times)

    @property
    def events_count(self) -> int:
        """How many had the event."""
        return int(self.events.sum())

    def where(self, chosen: "ndarray[Any, Any]") -> "Observations":
        """Return some of them, in the given order."""
        return Observations(
            times=self.times[chosen], events=self.events[chosen], order=self.order[chosen]
        )


def observations(
    times: Sequence[float | None] | None,
    events: Sequence[bool] | None,
    order: Sequence[int] | None = None,
) -> Observations:
    """Put lists side by side; where the time is unknown, the row is left out.

    >>> observations([3.0, None], [True, False]).n
    1
    """
    import numpy as np

    observed = Observations(
        times=np.asarray(times or (), dtype=float),
        events=np.asarray(events or (), dtype=bool),
        order=np.asarray(order or [0] * len(times or ()), dtype=np.int64),
    )
    return observed.where(~np.isnan(observed.times))


def median(observed: Observations) -> tuple[float | None, float | None, float | None]:
    """Return the Kaplan-Meier median with its 95 % interval.

    The interval holds the times at which the log-log band of the survival curve (Greenwood's variance)
    still covers one half; an end that the band never reaches is None.
    """
    import numpy as np

    times, survival, variance = _curve(observed)
    if len(times) == 0:
        return None, None, None
    value = _first(times, survival <= _HALF)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.log(-np.log(survival))
        half = _Z * np.sqrt(variance) / np.abs(np.log(survival))
        upper = np.exp(-np.exp(centre - half))
        lower = np.exp(-np.exp(centre + half))
    # Once nobody is left, both bands are at zero with the curve.
    upper = np.where(survival > 0, np.where(survival < 1, upper, 1.0), 0.0)
    lower = np.where(survival > 0, np.where(survival < 1, lower, 1.0), 0.0)
    return value, _first(times, lower <= 0.5), _first(times, upper <= 0.5)


def speed_up(
    observed: Observations, at_least: int
) -> tuple[float | None, float | None, float | None]:
    """Return 1 - newer median / older median with a bootstrap interval.

    Args:
        observed: the times, with their order.
        at_least: events that each half must hold.
    """
    import numpy as np

    # The rest decides between rows of the same age, so that the order in which they come does not.
    by_age = np.lexsort((observed.events, observed.times, observed.order))
    middle = (len(by_age) + 1) // 2
    older, newer = observed.where(by_age[:middle]), observed.where(by_age[middle:])
    if min(older.events_count, newer.events_count) < at_least:
        return None, None, None
    before, after = median(older)[0], median(newer)[0]
    if not before or after is None:
        return None, None, None
    seeds = np.random.default_rng(0)
    drawn = 1 - _resampled(newer, seeds) / _resampled(older, seeds)
    # A draw without a median on one side says nothing; too many of them, and there is no interval.
    drawn = drawn[np.isfinite(drawn)]
    if len(drawn) < 0.95 * _RESAMPLES:
        return 1 - after / before, None, None
    low, high = np.quantile(drawn, [0.025, 0.975])
    return 1 - after / before, float(low), float(high)


def _curve(observed: Observations) -> "tuple[ndarray[Any, Any], ...]":
    """Return the distinct times with the survival after each and Greenwood's sum up to each."""
    import numpy as np

    times, events_at, leaving_at = _tally(observed)
    at_risk = (
        observed.n - np.concatenate(([0], np.cumsum(leaving_at)[:-1])) if len(times) else times
    )
    survival = np.cumprod(1 - events_at / at_risk) if len(times) else times
    with np.errstate(divide="ignore"):
        variance = np.cumsum(events_at / (at_risk * (at_risk - events_at))) if len(times) else times
    return times, survival, variance


def _tally(observed: Observations) -> "tuple[ndarray[Any, Any], ...]":
    import numpy as np

    times, inverse = np.unique(observed.times, return_inverse=True)
    events_at = np.bincount(inverse, weights=observed.events, minlength=len(times))
    leaving_at = np.bincount(inverse, minlength=len(times))
    return times, events_at, leaving_at


def _resampled(observed: Observations, seeds: Any) -> "ndarray[Any, Any]":  # noqa: ANN401
    """Return one Kaplan-Meier median per bootstrap sample, NaN where a sample has none."""
    import numpy as np

    times, events_at, leaving_at = _tally(_pooled(observed))
    cut_at = leaving_at - events_at
    # Drawing n of n rows is a multinomial draw over (time, event or not).
    chances = np.concatenate((events_at, cut_at)) / observed.n
    draws = seeds.multinomial(observed.n, chances, size=_RESAMPLES)
    events, leaving = draws[:, : len(times)], draws[:, : len(times)] + draws[:, len(times) :]
    at_risk = observed.n - np.cumsum(leaving, axis=1) + leaving
    survival = np.cumprod(1 - events / np.maximum(at_risk, 1), axis=1)
    reached = survival <= _HALF
    return np.where(reached.any(axis=1), times[reached.argmax(axis=1)], np.nan)


def _pooled(observed: Observations) -> Observations:
    import numpy as np

    if len(np.unique(observed.times)) <= _MOST_DISTINCT:
        return observed
    edges = np.quantile(observed.times, np.linspace(0, 1, _MOST_DISTINCT), method="higher")
    return replace(observed, times=edges[np.searchsorted(edges, observed.times)])


def _first(times: "ndarray[Any, Any]", reached: "ndarray[Any, Any]") -> float | None:
    return float(times[reached.argmax()]) if reached.any() else None

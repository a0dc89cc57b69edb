"""Times to an event that may not have come yet: Kaplan-Meier medians, and how they changed.

Written out instead of imported: scipy's version loads for two seconds, which a page cannot wait. The
tests hold this one against it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy import ndarray

_Z = 1.959963984540054
_RESAMPLES = 500
_HALF = 0.5 + 1e-9
"""One half; a product of fractions that is exactly one half comes out of rounding just above it."""
_NEAR, _FAR = 128, 64
"""Times that the bootstrap tells apart near the median, and over all before it; where there are more, the
rest go with the next later one of these. Where a resampled curve crosses one half is decided there."""
_NEAR_ERRORS = 5.0
"""What is near: where the curve is within so many standard errors of one half."""


@dataclass(frozen=True, kw_only=True)
class Observations:
    """Times in seconds, in their order, and whether the event came then (else waiting was cut off)."""

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
    times: "Sequence[float | None] | ndarray[Any, Any] | None",
    events: "Sequence[bool] | ndarray[Any, Any] | None",
    order: "Sequence[int] | ndarray[Any, Any] | None" = None,
) -> Observations:
    """Put lists side by side, in order of time; where that is unknown, the row is left out.

    >>> observations([3.0, None], [True, False]).n
    1
    """
    import numpy as np

    known = np.ma.filled(np.ma.asarray(() if times is None else times, dtype=float), np.nan)
    aged = np.zeros(len(known)) if order is None else np.ma.filled(np.ma.asarray(order), 0)
    observed = Observations(
        times=known,
        events=np.asarray(() if events is None else events, dtype=bool),
        order=np.asarray(aged, dtype=np.int64),
    )
    # In order of time, which every curve needs: they are sorted once.
    return observed.where(np.argsort(known)[: len(known) - int(np.isnan(known).sum())])


@dataclass(frozen=True, kw_only=True)
class _Tally:
    """One row per distinct time, in order: how many had the event then, and how many left in all."""

    times: "ndarray[Any, Any]"
    events_at: "ndarray[Any, Any]"
    leaving_at: "ndarray[Any, Any]"

    @property
    def n(self) -> int:
        return int(self.leaving_at.sum())


def median(observed: Observations) -> tuple[float | None, float | None, float | None]:
    """Return the Kaplan-Meier median with its 95 % interval.

    The interval holds the times at which the log-log band of the survival curve (Greenwood's variance)
    still covers one half; an end that the band never reaches is None.
    """
    import numpy as np

    tally = _tally(observed)
    times = tally.times
    if len(times) == 0:
        return None, None, None
    survival, variance = _curve(tally)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.log(-np.log(survival))
        half = _Z * np.sqrt(variance) / np.abs(np.log(survival))
        upper = np.exp(-np.exp(centre - half))
        lower = np.exp(-np.exp(centre + half))
    # Once nobody is left, both bands are at zero with the curve.
    upper = np.where(survival > 0, np.where(survival < 1, upper, 1.0), 0.0)
    lower = np.where(survival > 0, np.where(survival < 1, lower, 1.0), 0.0)
    return _crossed(times, survival), _first(times, lower <= 0.5), _first(times, upper <= 0.5)


def speed_up(
    observed: Observations, at_least: int
) -> tuple[float | None, float | None, float | None]:
    """Return 1 - newer median / older median with a bootstrap interval.

    Args:
        observed: the times, with their order.
        at_least: events that each half must hold.
    """
    import numpy as np

    older, newer = _halves(observed)
    if min(older.events_count, newer.events_count) < at_least:
        return None, None, None
    before, after = _tally(older), _tally(newer)
    then, now = (_crossed(part.times, _curve(part)[0]) for part in (before, after))
    if not then or now is None:
        return None, None, None
    seeds = np.random.default_rng(0)
    drawn = 1 - _resampled(after, seeds) / _resampled(before, seeds)
    # A draw without a median on one side says nothing; too many of them, and there is no interval.
    drawn = drawn[np.isfinite(drawn)]
    if len(drawn) < 0.95 * _RESAMPLES:
        return 1 - now / then, None, None
    low, high = np.quantile(drawn, [0.025, 0.975])
    return 1 - now / then, float(low), float(high)


def _halves(observed: Observations) -> tuple[Observations, Observations]:
    """Return the older and the newer half; the one in the middle is with the older."""
    import numpy as np

    middle = (observed.n + 1) // 2
    if middle == 0:
        return observed, observed
    edge = np.partition(observed.order, middle - 1)[middle - 1]
    older, tied = observed.order < edge, np.flatnonzero(observed.order == edge)
    # The rest decides between rows of the same age, so that the order in which they come does not.
    tied = tied[np.lexsort((observed.events[tied], observed.times[tied]))]
    older[tied[: middle - int(older.sum())]] = True
    return observed.where(older), observed.where(~older)


def _tally(observed: Observations) -> _Tally:
    import numpy as np

    times = observed.times
    firsts = np.flatnonzero(np.diff(times, prepend=-np.inf))
    edges = np.append(firsts, len(times))
    events_until = np.append(0, np.cumsum(observed.events))
    return _Tally(
        times=times[firsts], events_at=np.diff(events_until[edges]), leaving_at=np.diff(edges)
    )


def _curve(tally: _Tally) -> "tuple[ndarray[Any, Any], ...]":
    """Return the survival after each time, and Greenwood's sum up to each."""
    import numpy as np

    at_risk = tally.n - np.cumsum(tally.leaving_at) + tally.leaving_at
    survival = np.cumprod(1 - tally.events_at / at_risk)
    with np.errstate(divide="ignore"):
        variance = np.cumsum(tally.events_at / (at_risk * (at_risk - tally.events_at)))
    return survival, variance


def _resampled(whole: _Tally, seeds: Any) -> "ndarray[Any, Any]":  # noqa: ANN401
    """Return one Kaplan-Meier median per bootstrap sample, NaN where a sample has none."""
    import numpy as np

    tally = _pooled(whole)
    times = tally.times
    # Drawing n of n rows is a multinomial draw over (time, event or not).
    counts = np.concatenate((tally.events_at, tally.leaving_at - tally.events_at))
    drawn = counts > 0
    draws = np.zeros((_RESAMPLES, len(counts)), dtype=np.int64)
    draws[:, drawn] = seeds.multinomial(tally.n, counts[drawn] / tally.n, size=_RESAMPLES)
    events, leaving = draws[:, : len(times)], draws[:, : len(times)] + draws[:, len(times) :]
    at_risk = tally.n - np.cumsum(leaving, axis=1) + leaving
    survival = np.cumprod(1 - events / np.maximum(at_risk, 1), axis=1)
    reached = survival <= _HALF
    return np.where(reached.any(axis=1), times[reached.argmax(axis=1)], np.nan)


def _pooled(tally: _Tally) -> _Tally:
    """Tell fewer times apart, where there are many: what is not an edge goes with the next edge."""
    import numpy as np

    times = tally.times
    if len(times) <= _NEAR + _FAR:
        return tally
    survival, variance = _curve(tally)
    with np.errstate(invalid="ignore"):
        error = survival * np.sqrt(variance)
    # Once nobody is left, the error is no number, and the curve at zero.
    near = np.flatnonzero(np.abs(survival - 0.5) <= _NEAR_ERRORS * np.nan_to_num(error, nan=0.0))
    evenly = np.searchsorted(np.cumsum(tally.leaving_at), np.linspace(1, tally.n, _FAR))
    told = near[np.linspace(0, len(near) - 1, min(_NEAR, len(near))).astype(int)]
    if len(told):
        # What comes after the last that is near decides nothing.
        evenly = evenly[evenly < told[-1]]
    edges = np.unique(np.concatenate((evenly, told, [len(times) - 1])))
    into = np.searchsorted(edges, np.arange(len(times)))
    return _Tally(
        times=times[edges],
        events_at=np.bincount(into, weights=tally.events_at),
        leaving_at=np.bincount(into, weights=tally.leaving_at).astype(np.int64),
    )


def _crossed(times: "ndarray[Any, Any]", survival: "ndarray[Any, Any]") -> float | None:
    return _first(times, survival <= _HALF)


def _first(times: "ndarray[Any, Any]", reached: "ndarray[Any, Any]") -> float | None:
    return float(times[reached.argmax()]) if reached.any() else None

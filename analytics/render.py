"""A metric and its estimate as words: number text, axis title, card. Knows no marimo and no altair."""

import re
from dataclasses import dataclass
from datetime import datetime
from math import isfinite

from analytics.metrics.aggregates import Estimate
from analytics.metrics.catalog import Metric, Unit

UNKNOWN = "—"

_PLURAL = re.compile(
    r"^((?:[\w']+ )?\w+)s(?=$| with | that | of | in )(?: that (tell|are|have)\b)?"
)
"""How metrics name what they count: fixed bugs, runs with errors, runs that tell, parts of runs."""
_ONE_THAT = {"tell": "tells", "are": "is", "have": "has"}


@dataclass(frozen=True, kw_only=True)
class Card:
    """One metric as a person reads it; every text is complete in itself."""

    name: str
    title: str
    value: str
    """Number with its unit, or an em dash."""
    interval: str
    """95 % interval, empty where there is none."""
    basis: str
    """What the number stands on: its denominator, tasks, what is missing."""
    bracket: str
    """What doubtful runs would make of it; empty where there are none."""
    change: str
    """Against the period before, in the metric's unit; empty where there is nothing to compare."""
    trend: str
    """better, worse, same, neutral (neither way is better) or empty."""
    doc: str


def card(metric: Metric, now: Estimate, before: Estimate | None = None) -> Card:
    """Say one metric, compared with the period before where there is one."""
    change, trend = _change(metric, now, before)
    return Card(
        name=metric.name,
        title=metric.title,
        value=number(now.value, metric.unit),
        interval=interval(now, metric.unit),
        basis=basis(metric, now),
        bracket=bracket(now, metric.unit),
        change=change,
        trend=trend,
        doc=metric.doc,
    )


def number(value: float | None, unit: Unit) -> str:
    """Return a value with its unit.

    >>> number(0.8421, Unit.SHARE), number(0.0312, Unit.SECONDS), number(None, Unit.USD)
    ('84.2 %', '31.2 ms', '—')
    >>> number(1234567, Unit.TOKENS), number(0.0042, Unit.USD), number(95, Unit.SECONDS)
    ('1.23 M', '$0.0042', '1 min 35 s')
    """
    if value is None or not isfinite(value):
        return UNKNOWN
    match unit:
        case Unit.SHARE:
            return f"{_round(100 * value, 1)} %"
        case Unit.SECONDS:
            return seconds(value)
        case Unit.USD:
            return f"{'-' if value < 0 else ''}${_usd(abs(value))}"
        case Unit.TOKENS | Unit.COUNT:
            return _short(value)
        case Unit.PER_RUN | Unit.PER_CYCLE | Unit.SCORE:
            return f"{value:.2f}"


def seconds(value: float | None) -> str:
    """Return a duration in the two units that say most.

    >>> seconds(0.0004), seconds(3.14159), seconds(7384), seconds(200000)
    ('0.4 ms', '3.14 s', '2 h 3 min', '2 d 7 h')
    """
    if value is None or not isfinite(value):
        return UNKNOWN
    sign, value = ("-" if value < 0 else ""), abs(value)
    if value < 0.9995:
        milli = 1000 * value
        return f"{sign}{milli:.0f} ms" if milli >= 99.95 or milli == 0 else f"{sign}{milli:.1f} ms"
    if value < 59.95:
        return f"{sign}{value:.2f} s" if value < 9.995 else f"{sign}{value:.1f} s"
    whole = round(value)
    for size, name, part, part_name in (
        (86400, "d", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= size:
            rest = whole % size // part
            return f"{sign}{whole // size} {name}" + (f" {rest} {part_name}" if rest else "")
    return f"{sign}{whole} s"


def counted(n: int, noun: str) -> str:
    """Return how many there are of something.

    >>> counted(1, "bug"), counted(0, "run"), counted(1200, "stored call")
    ('1 bug', '0 runs', '1,200 stored calls')
    """
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def count(n: int | None) -> str:
    """Return a number of things that may be unknown.

    >>> count(1200), count(None)
    ('1,200', '—')
    """
    return UNKNOWN if n is None else f"{n:,}"


def difference(new: float | None, old: float | None) -> str:
    """Return by how much one amount of dollars differs from another, and in per cent of that.

    >>> difference(12.0, 10.0), difference(0.9, 1.0), difference(None, 1.0), difference(1.0, 0.0)
    ('+$2.00 (+20 %)', '-$0.10 (-10 %)', '—', '+$1.00')
    """
    if new is None or old is None:
        return UNKNOWN
    step = new - old
    # Sums of floating point leave dust, which is no difference.
    if abs(step) <= 1e-9 * max(abs(new), abs(old)):
        return "none"
    sign = "+" if step > 0 else ""
    share = f" ({_round(100 * step / old, 1, sign=True)} %)" if old > 0 else ""
    return f"{sign}{number(step, Unit.USD)}{share}"


def time_of_bug(outcome: str, fix_time_s: float | None, observed_s: float | None) -> str:
    """Return how long a bug took, or in words how long it has been there without a fix.

    >>> time_of_bug("fixed", 95, 95), time_of_bug("given up", None, 95), time_of_bug("open", None, 5)
    ('1 min 35 s', 'gave up after 1 min 35 s', '5.00 s so far')
    """
    if outcome == "fixed" or observed_s is None:
        return seconds(fix_time_s)
    took = seconds(observed_s)
    return f"{took} so far" if outcome == "open" else f"gave up after {took}"


def interval(estimate: Estimate, unit: Unit) -> str:
    """Return the 95 % interval, open where it has no upper end.

    >>> interval(Estimate(value=0.5, low=0.4, high=0.6), Unit.SHARE)
    '40 % to 60 %'
    """
    if estimate.value is None or (estimate.low is None and estimate.high is None):
        return ""
    if estimate.high is None:
        return f"{number(estimate.low, unit)} or more"
    return f"{number(estimate.low, unit)} to {number(estimate.high, unit)}"


def basis(metric: Metric, estimate: Estimate) -> str:
    """Return what the number stands on.

    >>> from analytics.metrics.catalog import METRICS
    >>> basis(METRICS["pass_rate"], Estimate(value=0.5, n=12, hits=6, units=4, missing=3, floor=0.4))
    '6 of 12 runs with a known outcome, 4 tasks, 3 unknown'
    >>> basis(METRICS["pass_rate"], Estimate(value=1, n=1, hits=1, units=1))
    '1 of 1 run with a known outcome'
    """
    of_what = _singular(metric.of_what) if estimate.n == 1 else metric.of_what
    hits = "" if estimate.hits is None else f"{estimate.hits:,} of "
    parts = [f"{hits}{estimate.n:,} {of_what}"]
    if estimate.units and estimate.units != estimate.n:
        parts.append(counted(estimate.units, "task"))
    if estimate.missing:
        parts.append(
            f"{estimate.missing:,} {'unknown' if estimate.floor is not None else 'left out'}"
        )
    return ", ".join(parts)


def bracket(estimate: Estimate, unit: Unit) -> str:
    """Return the range that doubtful rows leave open, empty where there are none."""
    if estimate.floor is None or estimate.ceiling is None or estimate.floor == estimate.ceiling:
        return ""
    return f"{number(estimate.floor, unit)} to {number(estimate.ceiling, unit)}"


def axis_title(metric: Metric) -> str:
    """Return the title of an axis: what is measured, and in what.

    >>> from analytics.metrics.catalog import METRICS
    >>> axis_title(METRICS["pass_rate"]), axis_title(METRICS["fix_time_mean"])
    ('Pass rate (%)', 'Mean fix time of the fixed (s)')
    """
    unit = {Unit.SHARE: "%", Unit.SECONDS: "s", Unit.USD: "$", Unit.TOKENS: "tokens", Unit.COUNT: "count",
            Unit.PER_RUN: "per run", Unit.PER_CYCLE: "per cycle",
            Unit.SCORE: "score"}[metric.unit]  # fmt: skip
    return f"{metric.title} ({unit})"


def moment(value: datetime | None) -> str:
    """Return a point in time, UTC.

    >>> moment(datetime(2026, 11, 20, 9, 5, 7))
    '20 Nov 2026 09:05'
    """
    return UNKNOWN if value is None else f"{value.day} {value:%b %Y %H:%M}"


def _change(metric: Metric, now: Estimate, before: Estimate | None) -> tuple[str, str]:
    if before is None or now.value is None or before.value is None:
        return "", ""
    difference = now.value - before.value
    if metric.unit is Unit.SHARE:
        text = f"{_round(100 * difference, 1, sign=True)} points"
    else:
        text = ("+" if difference > 0 else "") + number(difference, metric.unit)
    # What rounds to no change is no change: no arrow, no colour.
    if number(now.value, metric.unit) == number(before.value, metric.unit):
        return "no change", "same"
    if metric.better is None:
        return text, "neutral"
    return text, "better" if (difference > 0) == (metric.better == "higher") else "worse"


def _singular(phrase: str) -> str:
    """Return what a metric counts, for one.

    >>> _singular("fixed bugs"), _singular("runs with errors"), _singular("runs that tell")
    ('fixed bug', 'run with errors', 'run that tells')
    >>> _singular("runs that are over"), _singular("agents' parts in runs")
    ('run that is over', "agents' part in runs")
    >>> _singular("parts of runs that tell")
    'part of runs that tell'
    """
    return _PLURAL.sub(
        lambda found: found[1] + (f" that {_ONE_THAT[found[2]]}" if found[2] else ""), phrase
    )


def _round(value: float, digits: int, *, sign: bool = False) -> str:
    text = f"{value:{'+' if sign else ''}.{digits}f}"
    return text.removesuffix("." + "0" * digits)


def _usd(value: float) -> str:
    return f"{value:,.2f}" if value >= 0.0995 or value == 0 else f"{value:.2g}"


def _short(value: float) -> str:
    for size, suffix in ((1e9, " G"), (1e6, " M"), (1e5, " k")):
        if abs(value) >= size:
            return f"{value / (1e3 if suffix == ' k' else size):.3g}{suffix}"
    return f"{value:,.0f}"

"""How the oracle sums up: what an estimate must say of some values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What an estimate must say, its interval apart."""

    value: float | None
    n: int
    hits: int | None = None
    missing: int = 0
    floor: float | None = None
    ceiling: float | None = None


def count(rows: Sequence[Any], counts: Callable[[Any], bool]) -> Expected:
    """How many rows count, of all."""
    return Expected(value=float(sum(map(counts, rows))), n=len(rows))


def total(values: Sequence[float | None]) -> Expected:
    """Their sum, where any is known."""
    known = [value for value in values if value is not None]
    return Expected(
        value=float(sum(known)) if known else None, n=len(known), missing=len(values) - len(known)
    )


def mean(values: Sequence[float | None]) -> Expected:
    """Their mean, over the known."""
    known = [value for value in values if value is not None]
    value = sum(known) / len(known) if known else None
    return Expected(value=value, n=len(known), missing=len(values) - len(known))


def ratio(pairs: Sequence[tuple[float | None, float | None]]) -> Expected:
    """Sum over sum, over the pairs that are known whole."""
    known = [(y, x) for y, x in pairs if y is not None and x is not None]
    over = sum(x for _, x in known)
    value = sum(y for y, _ in known) / over if over else None
    return Expected(value=value, n=len(known), missing=len(pairs) - len(known))


def rate(
    among: Sequence[Any],
    hit: Callable[[Any], bool],
    unknown: int = 0,
    excusable: int = 0,
) -> Expected:
    """Share of the rows that hit, with what the doubtful ones leave open."""
    n, hits = len(among), sum(map(hit, among))
    floor = ceiling = None
    if unknown or excusable:
        floor, ceiling = hits / (n + unknown), (hits + unknown + excusable) / (n + unknown)
    value = hits / n if n else None
    return Expected(value=value, n=n, hits=hits, missing=unknown, floor=floor, ceiling=ceiling)


def quantile(values: Sequence[float | None], share: Fraction) -> Expected:
    """The value that this share is below, between two where need be."""
    known = sorted(value for value in values if value is not None)
    value = None
    if known:
        place = share * (len(known) - 1)
        left = int(place)
        right = min(left + 1, len(known) - 1)
        value = known[left] + (known[right] - known[left]) * float(place - left)
    return Expected(value=value, n=len(known), missing=len(values) - len(known))


def kaplan_meier_median(times: Sequence[tuple[float, bool]]) -> float | None:
    """Return the first time at which at most half are still open, in exact fractions."""
    open_share = Fraction(1)
    for moment in sorted({time for time, _ in times}):
        at_risk = sum(time >= moment for time, _ in times)
        events = sum(event for time, event in times if time == moment)
        open_share *= 1 - Fraction(events, at_risk)
        if open_share <= Fraction(1, 2):
            return moment
    return None

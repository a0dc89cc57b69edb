"""What is picked in a chart, as part of a scope: days in the pass rate, types in the ring."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from analytics.overview import Scope
from analytics.overview.scope import Values

Days = tuple[date, date] | None


def joined(scope: Scope, days: Days, types: Values) -> Scope:
    """Return a scope narrowed down to what is picked."""
    return replace(scope, days=days).filtered("bug_type", types)


def without(scope: Scope) -> Scope:
    """Return a scope without what can be picked in a chart."""
    return joined(scope, None, ())


def cleared(scope: Scope) -> Scope:
    """Return a scope of the same period without any filter."""
    return Scope(period=scope.period)


def days(selections: Mapping[str, Any] | None, name: str) -> Days:
    """Return the days that a brush covers, or None where there is no brush.

    Args:
        selections: what the browser says is selected: selection -> field -> two ends in milliseconds.
        name: of the selection.
    """
    ends = _first(selections, name)
    numbers = [end for end in ends if isinstance(end, int | float) and not isinstance(end, bool)]
    if len(numbers) != 2 or len(ends) != 2:
        return None
    try:
        first, last = sorted(datetime.fromtimestamp(end / 1000, UTC).date() for end in numbers)
    except (ValueError, OverflowError, OSError):
        return None
    return first, last


def values(selections: Mapping[str, Any] | None, name: str, known: Sequence[str]) -> Values:
    """Return the values that were clicked on, of those that are known."""
    return tuple(value for value in _first(selections, name) if value in known)


def _first(selections: Mapping[str, Any] | None, name: str) -> list[Any]:
    """Return what the one field of a selection holds; a browser can send anything."""
    fields = selections.get(name) if isinstance(selections, Mapping) else None
    if not isinstance(fields, Mapping):
        return []
    told = [value for field, value in fields.items() if field not in ("vlPoint", "_vgsid_")]
    return list(told[0]) if told and isinstance(told[0], list | tuple) else []

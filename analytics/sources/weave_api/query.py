"""The conditions that calls are asked by, as a trace server reads them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

Query = dict[str, Any]
"""One condition, or a part of one."""


def _field(name: str) -> Query:
    return {"$getField": name}


def _compare(sign: str, name: str, value: str | datetime) -> Query:
    literal = value if isinstance(value, str) else value.isoformat(timespec="microseconds") + "Z"
    return {sign: [_field(name), {"$literal": literal}]}


def at_least(name: str, when: datetime) -> Query:
    """Return that a time (naive UTC) is not before another."""
    return _compare("$gte", name, when)


def began_since(when: datetime) -> Query:
    """Return that a call began at a time (naive UTC) or later."""
    return at_least("started_at", when)


def either(*parts: Query) -> Query:
    """Return that one condition of several holds at least."""
    return {"$or": list(parts)}


def between(first: date, end: date) -> Query:
    """Return that a call began on a (UTC) day from the first to the one before the end."""
    start, stop = (datetime.combine(day, datetime.min.time()) for day in (first, end))
    return {"$and": [began_since(start), {"$not": [began_since(stop)]}]}


def behind(started_at: str, call_id: str) -> Query:
    """Return what stands behind one call in the order of start and id."""
    same = {"$and": [_compare("$eq", "started_at", started_at), _compare("$gt", "id", call_id)]}
    return either(_compare("$gt", "started_at", started_at), same)


def whole(wanted: Sequence[Query]) -> Query | None:
    """Return that all conditions hold, as a question wants it; None where there are none."""
    if not wanted:
        return None
    return {"$expr": wanted[0] if len(wanted) == 1 else {"$and": list(wanted)}}

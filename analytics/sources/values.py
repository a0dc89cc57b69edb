"""Values of any record, read with care: what is not what it should be is unknown, never an error."""

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1)
_INT64 = 2**63
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")


def moment(written: object) -> datetime | None:
    """Return an ISO 8601 text as UTC without a zone; text without an offset is taken for UTC.

    >>> moment("2026-11-20T10:00:00.5+02:00"), moment("soon")
    (datetime.datetime(2026, 11, 20, 8, 0, 0, 500000), None)
    """
    if not isinstance(written, str) or not _MOMENT.match(written):
        return None
    try:
        read = datetime.fromisoformat(written)
        return read.astimezone(UTC).replace(tzinfo=None) if read.tzinfo else read
    except (ValueError, OverflowError):
        return None


def epoch_seconds(written: object) -> datetime | None:
    """Return seconds since 1970 as UTC without a zone; zero is no time."""
    found = number(written)
    try:
        return _EPOCH + timedelta(seconds=found) if found else None
    except OverflowError:
        return None


def epoch_ns(written: object) -> datetime | None:
    """Return nanoseconds since 1970, as a number or as text, as UTC; zero is no time."""
    found = count(written)
    try:
        return _EPOCH + timedelta(microseconds=found // 1000) if found else None
    except OverflowError:
        return None


def count(written: object) -> int | None:
    """Return a whole number that is not negative; None for anything else.

    >>> count("12"), count(12.0), count(-1), count(True), count("many")
    (12, 12, None, None, None)
    """
    if isinstance(written, str) and written.isascii() and written.isdigit() and len(written) < 20:
        written = int(written)
    if isinstance(written, float) and written.is_integer():
        written = int(written)
    if isinstance(written, bool) or not isinstance(written, int):
        return None
    return written if 0 <= written < _INT64 else None


def number(written: object) -> float | None:
    """Return a finite number; None for anything else."""
    if isinstance(written, bool) or not isinstance(written, int | float):
        return None
    try:
        found = float(written)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def price(written: object) -> float | None:
    """Return a cost in US dollars; zero is what systems write that do not know it."""
    found = number(written)
    return found if found and found > 0 else None


def total(*parts: int | None) -> int | None:
    """Return the sum of what is known; None where nothing is."""
    known = [part for part in parts if part is not None]
    return sum(known) if known else None


def text(value: object) -> str | None:
    """Return a text that is not empty; None for anything else."""
    return value if isinstance(value, str) and value else None


def mapping(value: object) -> dict[str, Any]:
    """Return a JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def objects(value: object) -> list[dict[str, Any]]:
    """Return the JSON objects of a list; none for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []

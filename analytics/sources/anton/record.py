"""What anton's records share: whose run they are, when, and at whose price."""

from datetime import datetime, timedelta
from typing import Any

from analytics.sources.rows import CallWriter, derived_id
from analytics.sources.values import moment, number, price, text

SOURCE = "anton"

_LIST_PRICE = (1.0, 3.0)
"""US dollars for a million tokens sent and received that anton takes for models it does not know."""
_EARLIEST, _LATEST = datetime(1970, 1, 1), datetime(9000, 1, 1)
_LONGEST_MS = 30 * 86_400_000
_NO_ZONE = "its times carry no zone: they are taken as UTC."
_OWN_PRICES = "its costs are anton's own estimate, by a list of prices of its own."
_STATUS = {"completed": ("ok", "pass"), "failed": ("error", "fail")}


def run_id(*key: object) -> str:
    """Return the id of the run that stands for a trace, or for what has no trace."""
    return derived_id(SOURCE, "run", *key)


def at(written: object, out: CallWriter) -> datetime | None:
    """Return a time, and tell where its zone was assumed."""
    found = moment(written)
    if found and not _EARLIEST < found < _LATEST:
        return None
    if found and isinstance(written, str) and datetime.fromisoformat(written).tzinfo is None:
        out.note(_NO_ZONE)
    return found


def until(over_at: datetime, milliseconds: object) -> dict[str, datetime | None]:
    """Return start and end of a step that was logged when it was over; of unknown length, no end."""
    begun = over_at - (_length(milliseconds) or timedelta(0))
    return {"started_at": begun, "ended_at": over_at if begun < over_at else None}


def since(begun_at: datetime, milliseconds: object) -> dict[str, datetime | None]:
    """Return start and end of a step that was logged when it began."""
    length = _length(milliseconds)
    return {"started_at": begun_at, "ended_at": begun_at + length if length else None}


def _length(milliseconds: object) -> timedelta | None:
    """Return a length of time; None where it is unknown or beyond reason."""
    found = number(milliseconds)
    return timedelta(milliseconds=found) if found and 0 < found < _LONGEST_MS else None


def known(name: object) -> str | None:
    """Return a name; ``unknown`` is what anton writes for none."""
    found = text(name)
    return None if found is None or found.lower() == "unknown" else found


def cost(written: object, sent: int | None, received: int | None, out: CallWriter) -> float | None:
    """Return a cost as it was reported, and tell what is known of how anton came to it."""
    found = price(written)
    if found is None:
        return None
    out.note(_OWN_PRICES)
    assumed = ((sent or 0) * _LIST_PRICE[0] + (received or 0) * _LIST_PRICE[1]) / 1e6
    if abs(found - assumed) < 1e-9:
        out.note(
            "some costs are those of $1 and $3 a million tokens, which anton takes for models that it "
            "does not know: they are kept as reported."
        )
    return found


def ended(status: object) -> tuple[str, str | None] | None:
    """Return how a task ended and what anton claims of it; None where it has not said."""
    return _STATUS.get(status.lower()) if isinstance(status, str) else None


def root(own_id: str, started_at: datetime, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the run that everything of a trace hangs on."""
    return {
        "span_id": own_id,
        "trace_id": own_id,
        "op": "record.run",
        "kind": "agent",
        "agent": SOURCE,
        "started_at": started_at,
        **fields,
    }

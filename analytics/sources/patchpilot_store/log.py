"""The spans of one file of PatchPilot's store, and values as it writes them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from analytics.sources.rows import CallWriter, UnusableError
from analytics.sources.values import count, epoch_seconds, moment, number

Record = Mapping[str, Any]

SYSTEM = "PatchPilot"

_RUNNING = ("pending", "queued", "running", "processing", "in_progress")
_PASSED = ("completed", "passed", "pass", "success", "succeeded", "fixed", "nothing_to_fix", "true")
_FAILED = ("failed", "fail", "error", "gave_up", "cancelled", "canceled", "timeout", "false")
TICK = timedelta(microseconds=1)
_LONGEST = 1e9


@dataclass
class Log:
    """Writes the spans of one file, and remembers what is to be said at its end."""

    out: CallWriter
    path: Path
    indexes: int = 0

    def take(
        self,
        line: int | None,
        record: Record,
        make: "Callable[[Log, Record], list[dict[str, Any]]]",
    ) -> None:
        """Write what one record says; a record that cannot be used is a reject."""
        try:
            for span in make(self, record):
                self.out.add(**span)
        except UnusableError as fault:
            self.out.reject(line, str(fault), dict(record))

    def finish(self) -> None:
        """Tell the user what was passed over."""
        if self.indexes:
            self.out.note(f"{self.indexes} keys hold only the ids of runs: they are passed over.")

    def at(self, written: object) -> datetime | None:
        """Return a time, ISO 8601 or milliseconds since 1970, as UTC."""
        if not isinstance(written, str):
            return epoch_seconds((number(written) or 0.0) / 1000)
        found = moment(written)
        if found and datetime.fromisoformat(written).tzinfo is None:
            self.out.note("some times name no zone: they are taken for UTC.")
        return found

    def dated(self) -> datetime:
        """Return the date of the file, for what has no time."""
        self.out.note("some records hold no time: the date of the file is taken for it.")
        return datetime.fromtimestamp(self.path.stat().st_mtime, UTC).replace(tzinfo=None)


def word(value: object) -> str | None:
    """Return a text or a whole number as text; None for anything else, and for what is empty."""
    if isinstance(value, str):
        return value.strip() or None
    found = count(value)
    return None if found is None else str(found)


def verdict(value: object) -> str | None:
    """Return what a status, or a yes or no, claims: pass, fail, or nothing.

    >>> verdict("completed"), verdict("cancelled"), verdict(True), verdict("running")
    ('pass', 'fail', 'pass', None)
    """
    said = str(value).lower()
    return "pass" if said in _PASSED else "fail" if said in _FAILED else None


def is_running(status: object) -> bool:
    """Say whether a status is that of a run which is not over."""
    return isinstance(status, str) and status.lower() in _RUNNING


def first(record: Record, *names: str) -> Any:  # noqa: ANN401 - whatever the record holds
    """Return what stands under the first of some names that is there."""
    return next((record[name] for name in names if record.get(name) is not None), None)


def milliseconds(value: object) -> float | None:
    """Return milliseconds as seconds; zero is what stands where nobody measured."""
    return seconds((number(value) or 0.0) / 1000)


def seconds(value: object) -> float | None:
    """Return seconds; zero is what stands where nobody measured."""
    found = number(value)
    return found if found is not None and 0 < found < _LONGEST else None


def earlier(moment_: datetime, length_s: float | None) -> datetime:
    """Return the time that lies some seconds before another."""
    try:
        return moment_ - timedelta(seconds=length_s or 0.0)
    except OverflowError:
        return moment_


def later(moment_: datetime) -> datetime:
    """Return the next moment, for what has an order but no time."""
    return moment_ if moment_ > datetime.max - TICK else moment_ + TICK

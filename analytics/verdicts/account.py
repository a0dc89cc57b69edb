"""The account of one report while it is read: what it says, what was left out, what must be told."""

import re
from collections.abc import Mapping
from typing import Any

from analytics.redaction import redact
from analytics.sources import Reject
from analytics.sources.rows import UnusableError, excerpt
from analytics.sources.values import count, epoch_seconds, moment
from analytics.verdicts import Clue, Report, Saying

_LONGEST_ID = 2_000
_LONGEST_EVIDENCE = 300
_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")

Record = Mapping[str, Any]
"""One JSON object, or one row of a table."""


class Account:
    """Takes what a report says, and keeps count of what is left out."""

    def __init__(self, name: str) -> None:
        """Begin with nothing said.

        Args:
            name: the file, as messages call it.
        """
        self.name = name
        self.sayings: list[Saying] = []
        self.rejects: list[Reject] = []
        self.notes: list[str] = []

    def say(self, saying: Saying) -> None:
        """Take one saying."""
        self.sayings.append(saying)

    def reject(self, line: int | None, reason: str, record: object = "") -> None:
        """Count a record that is left out."""
        self.rejects.append(
            Reject(file=self.name, line=line, reason=reason, excerpt=excerpt(record))
        )

    def note(self, sentence: str) -> None:
        """Tell the user something, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def report(self, origin: str, format_name: str) -> Report:
        """Return everything that was taken."""
        return Report(
            name=self.name,
            origin=origin,
            format=format_name,
            sayings=tuple(self.sayings),
            rejects=tuple(self.rejects),
            notes=tuple(self.notes),
        )


_WORDS = {
    True: ("true", "1", "yes", "y", "pass", "passed", "success", "successful", "succeeded", "resolved",
           "ok", "merged", "fixed", "solved", "correct"),
    False: ("false", "0", "no", "n", "fail", "failed", "failure", "unresolved", "closed", "rejected",
            "declined", "not resolved", "not merged", "timed_out", "timeout", "incorrect", "broken"),
    None: ("", "unknown", "none", "null", "n/a", "na", "-", "error", "errored", "cancelled", "canceled",
           "running", "pending", "queued", "in_progress", "created", "open", "opened", "skipped",
           "neutral", "stale", "action_required", "startup_failure", "waiting", "requested", "manual",
           "scheduled", "preparing", "waiting_for_resource", "canceling", "not run", "incomplete"),
}  # fmt: skip
_MEANS = {word: meaning for meaning, words in _WORDS.items() for word in words}


def outcome(told: object) -> bool | None:
    """Return whether something passed, None where the report itself does not know.

    >>> outcome("Passed"), outcome(0), outcome("cancelled")
    (True, False, None)

    Raises:
        UnusableError: it says neither.
    """
    if told is None or isinstance(told, bool):
        return told
    word = str(told).strip().lower() if isinstance(told, str | int) else ""
    if (isinstance(told, str | int)) and word in _MEANS:
        return _MEANS[word]
    raise UnusableError(f"{excerpt(told)[:40]!r} says neither pass nor fail")


def named(told: object) -> str:
    """Return an id as it can be held against the ids of runs.

    Raises:
        UnusableError: it is none.
    """
    if isinstance(told, bool) or not isinstance(told, str | int):
        raise UnusableError("the id is no text")
    text = str(told).strip()
    if not text:
        raise UnusableError("the id is empty")
    if len(text) > _LONGEST_ID or _CONTROL.search(text):
        raise UnusableError("no id: longer than any, or with control characters")
    return text


def ids(*texts: object) -> tuple[Clue, ...]:
    """Return ids that a report gives as such as clues.

    Raises:
        UnusableError: one is no id.
    """
    return tuple(Clue(text=named(text)) for text in texts)


def when(record: Record, *names: str) -> Any:  # noqa: ANN401 - a time, or nothing
    """Return the first time that a record tells under one of these names, UTC."""
    for name in names:
        told = record.get(name)
        found = moment(told) if isinstance(told, str) else epoch_seconds(told)
        if found is not None:
            return found
    return None


def whole(told: object) -> int | None:
    """Return a whole number from 1 on; None for anything else."""
    return count(told.strip() if isinstance(told, str) else told) or None


def evidence(*parts: object) -> str | None:
    """Return what was found in a few words, secrets taken out; None where nothing is said."""
    said = " ".join(str(part) for part in parts if part not in (None, ""))
    shown = _CONTROL.sub(" ", redact(said[:4_000])).strip()
    return shown[:_LONGEST_EVIDENCE] or None

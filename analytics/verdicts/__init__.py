"""What others say of runs: test reports, lists, merges, CI. Reads reports; knows no store and no run.

A report is read into sayings. Which run or task a saying is about, its clues tell once they are held
against the runs that are known (see ``matching``).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from analytics.sources import Reject

Kind = Literal["merge", "ci", "tests", "list"]
"""What kind of evidence a saying is."""

KINDS: tuple[Kind, ...] = ("merge", "ci", "tests", "list")
"""Every kind, the one that counts most first."""

Names = Literal["run", "task", "commit", "any"]
"""What a clue may be; any is a run where there is one of that id, else a task."""

JUNIT = "JUnit XML"
"""What a report in JUnit's XML is called."""

SUITE_PROPERTIES: dict[str, Names] = {
    "run_id": "run", "run": "run", "task": "any", "task_id": "any", "instance_id": "any",
}  # fmt: skip
"""Property of a suite of JUnit's that says what it tested -> what it names."""


@dataclass(frozen=True, kw_only=True)
class Clue:
    """One text that may tell which run or task a saying is about."""

    text: str
    names: Names = "any"
    rank: int = 0
    """0 is an id that the report itself gives as such; clues of a higher rank only count where none of
    a lower one is known."""


@dataclass(frozen=True, kw_only=True)
class Saying:
    """What a report says of one run or task, before anybody knows which."""

    clues: tuple[Clue, ...]
    kind: Kind
    passed: bool | None
    """None where the check itself broke, or is not over."""
    line: int | None = None
    """1-based line, or position of the record where lines mean nothing."""
    attempt: int | None = None
    """Only this repeat of the task."""
    variant: str | None = None
    """Only runs of this variant or model."""
    part: str = ""
    """Of several checks that must all pass, which one this is."""
    found_at: datetime | None = None
    evidence: str | None = None


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that one file says."""

    name: str
    """The file, as messages call it."""
    origin: str
    """The file, by a name that stays the same wherever it is read from."""
    format: str
    sayings: tuple[Saying, ...] = ()
    rejects: tuple[Reject, ...] = ()
    notes: tuple[str, ...] = ()

"""The spans of one file of AgenticSys: each once, with its place in the trace and its times."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from analytics.sources.agenticsys.values import Record, decimal, first, seconds, word
from analytics.sources.rows import CallWriter, UnusableError, derived_id
from analytics.sources.values import moment, price

ON_THE_WAY, REPORTED, IN_TABLE = 0, 1, 2
"""How full a record is: the store keeps the fullest."""

_RUN_ID = re.compile(r"run_(\d{8})_(\d{6})(?:_project_(.+))?")
_LONGEST = 1e9


@dataclass
class Log:
    """The spans of one file, each once: what is said again later replaces what was said before."""

    out: CallWriter
    path: Path
    _rows: dict[str, tuple[int | None, dict[str, Any]]] = field(default_factory=dict)
    _repeats: int = 0

    def take(
        self,
        line: int | None,
        record: Record,
        make: "Callable[[Log, Record, int], dict[str, Any]]",
        detail: int,
    ) -> None:
        """Keep what one record says; a record that cannot be used is a reject."""
        try:
            row = make(self, record, detail)
        except UnusableError as fault:
            self.out.reject(line, str(fault), dict(record))
            return
        self._repeats += row["span_id"] in self._rows
        self._rows[row["span_id"]] = line, row

    def write(self) -> None:
        """Hand all spans to the writer."""
        for line, row in self._rows.values():
            try:
                self.out.add(**row)
            except UnusableError as fault:
                self.out.reject(line, str(fault), row["span_id"])
        if self._repeats:
            self.out.note(
                f"{self._repeats} records say again what an earlier one said; the last one counts."
            )

    def at(self, written: object) -> datetime | None:
        """Return a time as UTC."""
        found = moment(written)
        if found and isinstance(written, str) and datetime.fromisoformat(written).tzinfo is None:
            self.out.note("its times name no zone: they are taken for UTC.")
        return found

    def begin(self, run_id: str) -> datetime:
        """Return when a run began, for what has no time of its own: its id says it."""
        found = _RUN_ID.fullmatch(run_id)
        try:
            return datetime.strptime(f"{found[1]}{found[2]}" if found else "", "%Y%m%d%H%M%S")
        except ValueError:
            self.out.note("some records hold no time: the date of the file is taken for it.")
            return datetime.fromtimestamp(self.path.stat().st_mtime, UTC).replace(tzinfo=None)

    def times(self, record: Record, run_id: str) -> tuple[datetime, datetime | None]:
        """Return begin and end; the length stands in for an end that is missing."""
        started_at = self.at(first(record, "start_time", "timestamp")) or self.begin(run_id)
        ended_at = self.at(record.get("end_time"))
        length = seconds(record.get("duration_seconds"))
        if ended_at is None and length and length < _LONGEST:
            try:
                ended_at = started_at + timedelta(seconds=length)
            except OverflowError:
                ended_at = None
        return started_at, ended_at


def run_of(record: Record) -> str:
    """Return the id of the run.

    Raises:
        UnusableError: there is none.
    """
    run_id = word(record.get("run_id"))
    if run_id is None:
        raise UnusableError("run_id is missing")
    return run_id


def issue_of(record: Record) -> str | None:
    """Return the number of the issue, by its newer name or its first one."""
    return word(first(record, "issue_iid", "issue_id"))


def place(record: Record) -> dict[str, Any]:
    """Return where in the trace a part of an issue stands; without an issue it is the run's."""
    run_id, issue = run_of(record), issue_of(record)
    parent = derived_id("agenticsys", run_id, issue) if issue else run_id
    return {"trace_id": run_id, "parent_id": parent, "project": project_of(run_id)}


def project_of(run_id: str) -> str | None:
    """Return the project that a run was for, as its id says."""
    found = _RUN_ID.fullmatch(run_id)
    return found[3] if found else None


def cost_of(log: Log, record: Record) -> float | None:
    """Return the cost that a record states; AgenticSys estimates it itself, which the user is told."""
    stated = first(record, "total_cost_usd", "cost_usd", "estimated_cost_usd")
    found = price(decimal(stated))
    if found is not None:
        log.out.note(
            "costs are AgenticSys' own estimates: it prices a model that it does not know as GPT-4."
        )
    return found

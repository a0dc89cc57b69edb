"""Turns what waits into lines on disk, in a thread of its own: nothing of it is the caller's time."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Protocol

from analytics.record.folder import Folder, warn
from analytics.record.inbox import Flush, Inbox
from analytics.record.state import VERSION, Record, State, line_of, record_of

GATHER_S = 0.05
"""What begins and ends within this becomes one line."""

SYNC_S = 0.5
_MOST_AT_ONCE = 2_000


class Listener(Protocol):
    """Who is told what was written."""

    def take(self, records: list[Record], characters: int) -> None:
        """Take some records of about that size, secrets taken out; a step before those below it."""
        ...

    def flush(self) -> None:
        """Return when what was taken has been passed on."""
        ...


class Writer:
    """Takes from one inbox and writes to as many folders as its runs name."""

    def __init__(self, inbox: Inbox) -> None:
        """Begin with nothing written."""
        self.listener: Listener | None = None
        self._inbox = inbox
        self._folders: dict[Path, Folder] = {}
        self._unsynced: set[Path] = set()
        self._synced_at = monotonic()
        self._lost: dict[Path, int] = {}
        self._told = False

    def work(self) -> None:
        """Write until the process ends."""
        while True:
            self.step(None)

    def step(self, timeout_s: float | None) -> bool:
        """Write what comes within a moment; say whether anything came."""
        states: list[State] = []
        waiting: list[Flush] = []
        try:
            soon = self._gather(states, waiting, timeout_s)
            if states or waiting:
                self._write(states)
            if soon or monotonic() - self._synced_at >= SYNC_S:
                self._sync()
            if waiting and self.listener:
                self.listener.flush()
        except Exception as fault:  # noqa: BLE001 - the thread must outlive whatever goes wrong
            self._tell(f"recording failed ({type(fault).__name__}: {fault}); the run goes on.")
        finally:
            for flush in waiting:
                flush.done()
        return bool(states or waiting)

    def _gather(self, states: list[State], waiting: list[Flush], timeout_s: float | None) -> bool:
        """Fill in what comes; say whether it cannot wait to be safe on disk."""
        if timeout_s is None and self._unsynced:
            timeout_s = max(self._synced_at + SYNC_S - monotonic(), 0.0)
        item = self._inbox.take(timeout_s)
        until, soon = monotonic() + GATHER_S, False
        while item is not None:
            if isinstance(item, Flush):
                waiting.append(item)
                return True
            states.append(item)
            # The beginning and the end of a run are what must not be lost.
            soon |= item.of.is_run and (item.status != "running" or not item.changes)
            if len(states) >= _MOST_AT_ONCE:
                break
            item = self._inbox.take(0.0 if soon else max(until - monotonic(), 0.0))
        return soon

    def _write(self, states: Iterable[State]) -> None:
        latest: dict[str, State] = {}
        for state in states:
            # It keeps the place of the first: a step stands before those below it.
            latest[state.of.span_id] = state
        lines: dict[Path, list[str]] = {}
        mirrored: list[Record] = []
        characters = 0
        for state in latest.values():
            folder = state.of.folder
            try:
                line = line_of(record_of(state))
                if state.of.mirrored:
                    mirrored.append({**json.loads(line), "is_run": state.of.is_run})
                    characters += len(line)
            except (ValueError, TypeError, RecursionError) as fault:
                self._tell(f"a step of {state.of.op} cannot be written ({fault}).")
                self._lose(folder, 1)
                continue
            if folder is not None:
                lines.setdefault(folder, []).append(line)
        for folder, count in self._inbox.take_dropped().items():
            self._lose(folder, count)
        for folder in {*lines, *self._lost}:
            self._append(folder, lines.get(folder, []))
        if mirrored and self.listener:
            self.listener.take(mirrored, characters)

    def _append(self, path: Path, lines: list[str]) -> None:
        folder = self._folders.setdefault(path, Folder(path))
        lost = self._lost.pop(path, 0)
        told = [*lines, _dropped(lost)] if lost else lines
        if folder.write(told):
            self._unsynced.add(path)
        else:
            self._lost[path] = lost + len(lines)

    def _lose(self, folder: Path | None, count: int) -> None:
        if folder is not None:
            self._lost[folder] = self._lost.get(folder, 0) + count
        else:
            self._tell(f"{count} records were dropped: more came than could be passed on.")

    def _sync(self) -> None:
        for path in self._unsynced:
            self._folders[path].sync()
        self._unsynced.clear()
        self._synced_at = monotonic()

    def _tell(self, sentence: str) -> None:
        if not self._told:
            self._told = True
            warn(sentence)


def _dropped(count: int) -> str:
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return json.dumps({"record": VERSION, "dropped": count, "at": at})

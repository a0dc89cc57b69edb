"""What is new in one project of a Weave server, pulled over plain HTTP into a JSONL file.

Nothing else here goes to the network. The key is sent to that server alone and written nowhere.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from analytics.errors import RemoteError
from analytics.sources.weave_api.query import (
    Query,
    at_least,
    began_since,
    behind,
    between,
    either,
    whole,
)
from analytics.sources.weave_api.remote import ADDRESS_SETTINGS, Remote
from analytics.sources.weave_api.server import BrokenError, Server, pause

OVERLAP = timedelta(hours=24)
"""How far before the last pull is looked again: for what was sent late."""

_IDS_AT_ONCE = 500
_ID = re.compile(rb'^\{"id":"([^"\\]+)"')
_CALL_REF = re.compile(r"/call/([^/:]+)")

Progress = Callable[[int, int | None], None]
"""How many calls have come, and of how many where that is known."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a store holds of a project already, by the (UTC) day on which a call began."""

    counts: Mapping[date, int] = field(default_factory=dict)
    ids: Callable[[date], Collection[str]] = lambda day: ()


@dataclass(frozen=True, kw_only=True)
class PullReport:
    """What a pull brought."""

    calls_count: int
    """Calls written to the file."""
    deleted_ids: tuple[str, ...]
    """Calls that the store knows and the server no longer does."""
    watermark_at: datetime
    """Where the next pull goes on: naive, UTC."""


def pull(
    remote: Remote,
    target: Path,
    *,
    since: datetime | None = None,
    open_ids: Sequence[str] = (),
    known: Known | None = None,
    overlap: timedelta = OVERLAP,
    progress: Progress | None = None,
) -> PullReport:
    """Write every call that may have changed since the last pull to a JSONL file.

    That is: what began or ended after ``since`` less ``overlap``, what was still running, what got
    feedback, and what is missing on a day whose number of calls differs.

    Args:
        remote: where from.
        target: file to write.
        since: watermark of the last pull (naive UTC); None pulls everything.
        open_ids: calls that the store holds as running.
        known: what the store holds, to find what was deleted; None looks for nothing.
        overlap: how far before ``since`` to look again.
        progress: told after every page.

    Raises:
        RemoteError: the server is not reached, refuses, or breaks off for good.
    """
    import httpx

    began = datetime.now(UTC).replace(tzinfo=None)
    begin = None if since is None else since - overlap
    auth = httpx.BasicAuth("api", remote.api_key) if remote.api_key else None
    try:
        client = httpx.Client(base_url=remote.base_url, auth=auth, timeout=60.0)
    except (httpx.InvalidURL, ValueError):
        raise RemoteError(
            f"{remote.base_url!r} is no http address of a server. Nothing was pulled; check "
            f"{ADDRESS_SETTINGS}."
        ) from None
    with client, target.open("wb") as out:
        work = _Pull(Server(remote, client), out, progress or (lambda count, total: None))
        work.window(begin)
        deleted = set(work.again(open_ids))
        if begin is not None:
            work.again(work.with_new_feedback(begin))
        if known is not None:
            deleted |= work.vanished(known, begin)
    return PullReport(
        calls_count=len(work.seen), deleted_ids=tuple(sorted(deleted)), watermark_at=began
    )


class _Pull:
    """One pull under way: what has been seen, and the file it goes to."""

    def __init__(self, server: Server, out: BinaryIO, progress: Progress) -> None:
        self._server = server
        self._out = out
        self._progress = progress
        self.seen: set[str] = set()

    def window(self, begin: datetime | None) -> None:
        """Write all calls that began or ended since, and make sure that they are all."""
        wanted = [] if begin is None else [either(at_least("ended_at", begin), began_since(begin))]
        expected = self._server.count(wanted)
        for _ in range(2):
            self._pages(wanted, expected)
            if len(self.seen) >= expected:
                return
            # Deleted meanwhile, or broken off without a sign: ask again how many there are.
            expected = self._server.count(wanted)
            if len(self.seen) >= expected:
                return
        raise RemoteError(
            f"{self._server.name} sent {len(self.seen):,} of {expected:,} calls. Nothing was "
            "stored; try again."
        )

    def _pages(self, wanted: Sequence[Query], expected: int) -> None:
        """Write page after page; where a stream breaks off, go on behind its last whole line."""
        last: tuple[str, str] | None = None
        fruitless = 0
        while True:
            page = [*wanted] if last is None else [*wanted, behind(*last)]
            final, count, broken = b"", 0, None
            try:
                for line in self._server.page(page):
                    self._keep(line)
                    final, count = line, count + 1
            except BrokenError as error:
                broken = error
            self._progress(len(self.seen), max(expected, len(self.seen)))
            if final:
                last = _position(final)
            fruitless = 0 if final else fruitless + 1
            if broken:
                pause(fruitless, None, self._server.unreachable(broken))
            elif count < self._server.page_size:
                return

    def again(self, ids: Iterable[str]) -> list[str]:
        """Write the calls of some ids, unless they came already; return those that are gone."""
        asked = sorted(set(ids) - self.seen)
        for start in range(0, len(asked), _IDS_AT_ONCE):
            for line in self._server.calls_of(asked[start : start + _IDS_AT_ONCE]):
                self._keep(line)
        return [each for each in asked if each not in self.seen]

    def with_new_feedback(self, begin: datetime) -> list[str]:
        """Return the calls that got feedback since, which changes no time of the call itself."""
        asked = {"fields": ["id", "weave_ref"], "query": whole([at_least("created_at", begin)])}
        rows = self._server.ask("/feedback/query", asked, "result")
        refs = (_CALL_REF.search(row.get("weave_ref") or "") for row in rows)
        return [ref[1] for ref in refs if ref]

    def vanished(self, known: Known, begin: datetime | None) -> set[str]:
        """Return the known calls that are gone, and write those that were never seen before.

        Days within the window came whole. Of the days before it only the numbers are compared, by
        halves, so that a year without a difference costs one question; as many deleted as added
        before the window at once would go unseen.
        """
        first = (begin or datetime.min).date()
        recent = [day for day in known.counts if begin is None or day > first]
        gone = {each for day in recent for each in known.ids(day)} - self.seen
        gone |= self._differing(sorted(set(known.counts) - set(recent)), known)
        return gone

    def _differing(self, days: Sequence[date], known: Known) -> set[str]:
        if not days:
            return set()
        span = between(days[0], days[-1] + timedelta(days=1))
        if self._server.count([span]) == sum(known.counts[day] for day in days):
            return set()
        if len(days) > 1:
            middle = len(days) // 2
            return self._differing(days[:middle], known) | self._differing(days[middle:], known)
        there = {json.loads(line)["id"] for line in self._server.all_ids([span])}
        held = set(known.ids(days[0]))
        self.again(there - held)
        return held - there

    def _keep(self, line: bytes) -> None:
        found = _ID.match(line)
        call_id = found[1].decode() if found else json.loads(line)["id"]
        if call_id not in self.seen:
            self.seen.add(call_id)
            self._out.write(line + b"\n")


def _position(line: bytes) -> tuple[str, str]:
    call = json.loads(line)
    return call["started_at"], call["id"]

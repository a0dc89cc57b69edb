"""What is new in one project of a Weave server, pulled over plain HTTP into a JSONL file.

Nothing else here goes to the network. The key is sent to that server alone and written nowhere.
"""

import json
import netrc
import os
import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlsplit

from analytics.errors import RemoteError

if TYPE_CHECKING:
    import httpx

DEFAULT_URL = "https://trace.wandb.ai"
OVERLAP = timedelta(hours=24)
"""How far before the last pull is looked again: for what was sent late."""

_PAGE = 2000
_IDS_AT_ONCE = 500
_ATTEMPTS = 5
_LONGEST_WAIT_S = 30.0
_ID = re.compile(rb'^\{"id":"([^"\\]+)"')
_CALL_REF = re.compile(r"/call/([^/:]+)")

Progress = Callable[[int, int | None], None]
"""How many calls have come, and of how many where that is known."""


@dataclass(frozen=True, kw_only=True)
class Remote:
    """One project on one trace server, and the key to it."""

    base_url: str
    project: str
    """Entity and project: ``acme/qa-agent``."""
    api_key: str | None = field(repr=False)

    @property
    def origin(self) -> str:
        """What stands for it in the store and in messages."""
        return f"{self.base_url}/{self.project}"

    @classmethod
    def from_environment(cls, project: str) -> "Remote":
        """Take address and key from the variables and the netrc file that Weave's SDK reads.

        Raises:
            RemoteError: the project is not written as entity/project.
        """
        if len([part for part in project.split("/") if part.strip()]) != 2:
            raise RemoteError(
                f"{project!r} does not name a project: write entity/project, as in the address of "
                "its page. Nothing was pulled."
            )
        base_url = os.environ.get("WF_TRACE_SERVER_URL", "").rstrip("/") or DEFAULT_URL
        key = os.environ.get("WANDB_API_KEY") or _key_of_netrc(base_url)
        return cls(base_url=base_url, project=project, api_key=key)


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
            f"{remote.base_url} is no address of a server. Nothing was pulled; check "
            "WF_TRACE_SERVER_URL."
        ) from None
    with client, target.open("wb") as out:
        work = _Pull(_Server(remote, client), out, progress or (lambda count, total: None))
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

    def __init__(self, server: "_Server", out: BinaryIO, progress: Progress) -> None:
        self._server = server
        self._out = out
        self._progress = progress
        self.seen: set[str] = set()

    def window(self, begin: datetime | None) -> None:
        """Write all calls that began or ended since, and make sure that they are all."""
        wanted = [] if begin is None else [_any(_at_least("ended_at", begin), _since(begin))]
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

    def _pages(self, wanted: "Sequence[Query]", expected: int) -> None:
        """Write page after page; where a stream breaks off, go on behind its last whole line."""
        last: tuple[str, str] | None = None
        fruitless = 0
        while True:
            page = [*wanted] if last is None else [*wanted, _behind(*last)]
            final, count, broken = b"", 0, None
            try:
                for line in self._server.page(page):
                    self._keep(line)
                    final, count = line, count + 1
            except _BrokenError as error:
                broken = error
            self._progress(len(self.seen), max(expected, len(self.seen)))
            if final:
                last = _position(final)
            fruitless = 0 if final else fruitless + 1
            if broken:
                _pause(fruitless, None, self._server.unreachable(broken))
            elif count < _PAGE:
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
        asked = {"fields": ["id", "weave_ref"], "query": _query([_at_least("created_at", begin)])}
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
        span = _between(days[0], days[-1] + timedelta(days=1))
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


class _BrokenError(Exception):
    """A stream ended before its end."""


class _Server:
    """The questions that are put to a trace server, each repeated until it is answered."""

    def __init__(self, remote: Remote, client: "httpx.Client") -> None:
        self._remote = remote
        self._client = client
        self.name = remote.base_url

    def count(self, wanted: "Sequence[Query]") -> int:
        """Return how many calls there are."""
        return int(self.ask("/calls/query_stats", {"query": _query(wanted)}, "count"))

    def page(self, wanted: "Sequence[Query]") -> Iterator[bytes]:
        """Yield one page of calls, whole records, in order of start and id.

        Raises:
            _BrokenError: the stream broke off behind the last record.
        """
        yield from self._lines({"query": _query(wanted), "limit": _PAGE})

    def calls_of(self, ids: Sequence[str]) -> list[bytes]:
        """Return the calls of some ids."""
        return self._all_lines({"filter": {"call_ids": list(ids)}})

    def all_ids(self, wanted: "Sequence[Query]") -> list[bytes]:
        """Return records that hold an id at least."""
        return self._all_lines({"query": _query(wanted), "columns": ["id"]})

    def ask(self, address: str, body: Mapping[str, Any], member: str) -> Any:  # noqa: ANN401
        """Return one member of the answer to a question."""
        import httpx

        for attempt in range(_ATTEMPTS):
            with self._answer(address, body) as response:
                try:
                    return json.loads(response.read())[member]
                except (ValueError, KeyError, TypeError):
                    raise self._no_json(address) from None
                except httpx.TransportError as error:
                    broken = self.unreachable(error)
            _pause(attempt, None, broken)
        raise AssertionError("the last attempt returns or raises")

    def _all_lines(self, body: Mapping[str, Any]) -> list[bytes]:
        for attempt in range(_ATTEMPTS):
            try:
                return list(self._lines(body))
            except _BrokenError as error:
                _pause(attempt, None, self.unreachable(error))
        raise AssertionError("the last attempt returns or raises")

    def _lines(self, body: Mapping[str, Any]) -> Iterator[bytes]:
        import httpx

        asked = {
            **body,
            "include_feedback": True,
            "include_costs": True,
            "sort_by": [{"field": name, "direction": "asc"} for name in ("started_at", "id")],
        }
        with self._answer("/calls/stream_query", asked) as response:
            try:
                for line in _whole_lines(response.iter_bytes()):
                    yield self._checked(line)
            except httpx.TransportError as error:
                raise _BrokenError(str(error)) from error

    def _checked(self, line: bytes) -> bytes:
        if line.startswith(b"{") and line.endswith(b"}"):
            return line
        raise self._no_json("/calls/stream_query")

    @contextmanager
    def _answer(self, address: str, body: Mapping[str, Any]) -> "Iterator[httpx.Response]":
        import httpx

        content = {"project_id": self._remote.project, **body}
        for attempt in range(_ATTEMPTS):
            try:
                request = self._client.build_request("POST", address, json=content)
                response = self._client.send(request, stream=True)
            except httpx.TransportError as error:
                _pause(attempt, None, self.unreachable(error))
                continue
            if response.status_code == 429 or response.status_code >= 500:
                wait = response.headers.get("Retry-After")
                response.close()
                _pause(attempt, wait, self._refusal(response))
                continue
            try:
                if response.status_code != 200:
                    raise self._refusal(response)
                yield response
            finally:
                response.close()
            return

    def unreachable(self, error: Exception) -> RemoteError:
        return RemoteError(
            f"{self.name} cannot be reached ({type(error).__name__}). Nothing was stored; check "
            "the network and WF_TRACE_SERVER_URL."
        )

    def _no_json(self, address: str) -> RemoteError:
        return RemoteError(
            f"{self.name}{address} did not answer in JSON: is it a Weave trace server? Nothing was "
            "stored; check WF_TRACE_SERVER_URL."
        )

    def _refusal(self, response: "httpx.Response") -> RemoteError:
        code = response.status_code
        if code in (401, 403):
            held = "the key was refused" if self._remote.api_key else "there is no key"
            why = f"{held} ({code}); set WANDB_API_KEY to one that may read {self._remote.project}"
        elif code == 404:
            why = f"there is no project {self._remote.project} (404); write entity/project"
        else:
            why = f"it answered with status {code}; try later"
        return RemoteError(f"{self.name}: {why}. Nothing was stored.")


Query = dict[str, Any]


def _field(name: str) -> Query:
    return {"$getField": name}


def _compare(sign: str, name: str, value: str | datetime) -> Query:
    literal = value if isinstance(value, str) else value.isoformat(timespec="microseconds") + "Z"
    return {sign: [_field(name), {"$literal": literal}]}


def _at_least(name: str, when: datetime) -> Query:
    return _compare("$gte", name, when)


def _since(when: datetime) -> Query:
    return _at_least("started_at", when)


def _any(*parts: Query) -> Query:
    return {"$or": list(parts)}


def _between(first: date, end: date) -> Query:
    start, stop = (datetime.combine(day, datetime.min.time()) for day in (first, end))
    return {"$and": [_since(start), {"$not": [_since(stop)]}]}


def _behind(started_at: str, call_id: str) -> Query:
    """Return what stands behind one call in the order of start and id."""
    same = {"$and": [_compare("$eq", "started_at", started_at), _compare("$gt", "id", call_id)]}
    return _any(_compare("$gt", "started_at", started_at), same)


def _query(wanted: Sequence[Query]) -> Query | None:
    if not wanted:
        return None
    return {"$expr": wanted[0] if len(wanted) == 1 else {"$and": list(wanted)}}


def _position(line: bytes) -> tuple[str, str]:
    call = json.loads(line)
    return call["started_at"], call["id"]


def _whole_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield each line that has its end; the last one may go without where the stream ended well."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line for line in lines if line.strip())
    if rest.strip():
        yield rest


def _pause(attempt: int, asked: str | None, fault: RemoteError) -> None:
    """Wait before the next attempt, as long as the server asks for; after the last, give up."""
    if attempt + 1 == _ATTEMPTS:
        raise fault
    wait = float(asked) if asked and asked.replace(".", "", 1).isdigit() else 0.5 * 2**attempt
    time.sleep(min(wait, _LONGEST_WAIT_S))


def _key_of_netrc(base_url: str) -> str | None:
    """Return the key that the SDK's log-in left in the netrc file, if there is one."""
    try:
        entries = netrc.netrc()
    except (OSError, netrc.NetrcParseError):
        return None
    named = os.environ.get("WANDB_BASE_URL", "")
    hosts = [urlsplit(named).netloc, urlsplit(base_url).netloc, urlsplit(base_url).hostname]
    if base_url == DEFAULT_URL:
        hosts.append("api.wandb.ai")
    found = (entries.hosts.get(host) for host in hosts if host)
    return next((entry[2] for entry in found if entry), None)

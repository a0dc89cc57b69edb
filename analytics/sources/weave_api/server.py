"""The questions that are put to a trace server, each repeated until it is answered."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from analytics.errors import RemoteError
from analytics.sources.weave_api.query import Query, whole
from analytics.sources.weave_api.remote import ADDRESS_SETTINGS, Remote

if TYPE_CHECKING:
    import httpx

_ATTEMPTS = 5
_LONGEST_WAIT_S = 30.0


class BrokenError(Exception):
    """A stream ended before its end."""


class Server:
    """The questions that are put to a trace server, each repeated until it is answered."""

    page_size = 2000
    """Calls on a full page; one with fewer is the last."""

    def __init__(self, remote: Remote, client: "httpx.Client") -> None:
        """Put questions about one project through a client that has the key."""
        self._remote = remote
        self._client = client
        self.name = remote.base_url

    def count(self, wanted: Sequence[Query]) -> int:
        """Return how many calls there are."""
        return int(self.ask("/calls/query_stats", {"query": whole(wanted)}, "count"))

    def page(self, wanted: Sequence[Query]) -> Iterator[bytes]:
        """Yield one page of calls, whole records, in order of start and id.

        Raises:
            BrokenError: the stream broke off behind the last record.
        """
        yield from self._lines({"query": whole(wanted), "limit": self.page_size})

    def calls_of(self, ids: Sequence[str]) -> list[bytes]:
        """Return the calls of some ids."""
        return self._all_lines({"filter": {"call_ids": list(ids)}})

    def all_ids(self, wanted: Sequence[Query]) -> list[bytes]:
        """Return records that hold an id at least."""
        return self._all_lines({"query": whole(wanted), "columns": ["id"]})

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
            pause(attempt, None, broken)
        raise AssertionError("the last attempt returns or raises")

    def _all_lines(self, body: Mapping[str, Any]) -> list[bytes]:
        for attempt in range(_ATTEMPTS):
            try:
                return list(self._lines(body))
            except BrokenError as error:
                pause(attempt, None, self.unreachable(error))
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
                raise BrokenError(str(error)) from error

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
                pause(attempt, None, self.unreachable(error))
                continue
            if response.status_code == 429 or response.status_code >= 500:
                wait = response.headers.get("Retry-After")
                response.close()
                pause(attempt, wait, self._refusal(response))
                continue
            try:
                if response.status_code != 200:
                    raise self._refusal(response)
                yield response
            finally:
                response.close()
            return

    def unreachable(self, error: Exception) -> RemoteError:
        """Return what is said where no answer comes."""
        keyless = "" if self._remote.api_key else " There is no key either: set WANDB_API_KEY."
        return RemoteError(
            f"{self.name} cannot be reached ({type(error).__name__}). Nothing was stored; check "
            f"the network and {ADDRESS_SETTINGS}.{keyless}"
        )

    def _no_json(self, address: str) -> RemoteError:
        return RemoteError(
            f"{self.name}{address} did not answer in JSON: is it a Weave trace server? Nothing was "
            f"stored; check {ADDRESS_SETTINGS}."
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


def _whole_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield each line that has its end; the last one may go without where the stream ended well."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line for line in lines if line.strip())
    if rest.strip():
        yield rest


def pause(attempt: int, asked: str | None, fault: RemoteError) -> None:
    """Wait before the next attempt, as long as the server asks for; after the last, give up."""
    if attempt + 1 == _ATTEMPTS:
        raise fault
    wait = float(asked) if asked and asked.replace(".", "", 1).isdigit() else 0.5 * 2**attempt
    time.sleep(min(wait, _LONGEST_WAIT_S))

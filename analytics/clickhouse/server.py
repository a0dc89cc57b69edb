"""One session on a ClickHouse server, over its HTTP interface."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

from analytics.clickhouse.expression import Sql
from analytics.errors import InputError, RemoteError

if TYPE_CHECKING:
    import httpx

SCHEME = "clickhouse"
PASSWORD = "CLICKHOUSE_PASSWORD"
"""Variable of the environment that holds the password."""

_PORT = 8123
_TLS_PORTS = (443, 8443)
_OLDEST = (24, 4)
"""The first version that knows recursive queries."""
_TIMEOUT_S = 600.0
_SESSION_S = 900
_EXCERPT = 80

_SETTINGS = {
    # What SQL says of unknown values, which is not what ClickHouse does by itself.
    "join_use_nulls": "1",
    "aggregate_functions_null_for_empty": "1",
    "prefer_column_name_to_alias": "1",
    "max_recursive_cte_evaluation_depth": "100000",
    "output_format_json_quote_64bit_integers": "0",
}
_ANSWERS = {  # An answer comes once it is whole: a fault half-way would look like its end.
    "default_format": "JSONCompactEachRow",
    "wait_end_of_query": "1",
}
"""What is no setting, so that any user may ask for it."""


@dataclass(frozen=True, kw_only=True)
class Address:
    """A database of Weave's on a ClickHouse server, and who asks."""

    base_url: str
    database: str
    user: str
    project: str | None
    """The project as Weave's tables name it; None where there is only one."""
    password: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read ``clickhouse://user@host:8123/database?project=...``; the password comes from the environment.

        Raises:
            InputError: it is no such address. It is never repeated: it may hold a password.
        """
        # A password may hold anything, and what cannot be read is best not looked into: it comes first.
        before_host = text.partition("?")[0].partition("://")[2].rpartition("@")[0]
        if ":" in before_host:
            raise InputError(
                f"the address of the engine holds a password. Put it into {PASSWORD}, where no list of "
                "processes shows it."
            )
        try:
            parts = urlsplit(text)
            port = parts.port or _PORT
        except ValueError:
            parts, port = urlsplit(""), _PORT
        if parts.scheme != SCHEME or not parts.hostname:
            raise InputError(
                "the engine is no address of a ClickHouse server. Write "
                f"{SCHEME}://USER@HOST:{_PORT}/DATABASE?project=PROJECT."
            )
        asked = parse_qs(parts.query, keep_blank_values=True)
        if unknown := sorted(set(asked) - {"project"}):
            raise InputError(
                f"the address of the engine says {unknown[0]!r}; all it can say is project=."
            )
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        return cls(
            base_url=f"{'https' if port in _TLS_PORTS else 'http'}://{host}:{port}",
            database=unquote(parts.path.strip("/")) or "default",
            user=unquote(parts.username or "default"),
            project=asked["project"][0] if "project" in asked else None,
            password=os.environ.get(PASSWORD, ""),
        )


class Session:
    """Asks one server; what it makes there is gone with it, and nothing else can be written."""

    def __init__(self, address: Address) -> None:
        """Open a session.

        Raises:
            RemoteError: nobody answers, the server is too old, or the user may not do what is needed.
        """
        import httpx

        self._address = address
        self._session = uuid4().hex
        self._tables: list[str] = []
        # A server that is asked for numbers has no business sending us elsewhere with the password.
        self._client = httpx.Client(
            base_url=address.base_url,
            auth=httpx.BasicAuth(address.user, address.password),
            timeout=httpx.Timeout(_TIMEOUT_S, connect=10.0),
            follow_redirects=False,
        )
        self._settings = dict(_ANSWERS)
        try:
            self._check(self.ask("SELECT version(), toString(getSetting('readonly'))"))
        except BaseException:
            self._client.close()
            raise

    def __enter__(self) -> Self:
        """Return the session."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave nothing behind; what cannot be removed now goes when the server ends the session."""
        try:
            for name in self._tables:
                self.ask(Sql(text=f"DROP TEMPORARY TABLE IF EXISTS {name}"))
        except RemoteError:
            pass
        finally:
            self._client.close()

    def ask(self, query: Sql | str, parameters: Mapping[str, str] | None = None) -> list[list[Any]]:
        """Return the rows of an answer.

        Args:
            query: what to ask.
            parameters: name -> value as ClickHouse reads it, beside those of the query.

        Raises:
            RemoteError: the server did not answer, refused, or said something that is no rows.
        """
        asked = Sql(text=query) if isinstance(query, str) else query
        bound = {f"param_{k}": v for k, v in {**asked.parameters, **(parameters or {})}.items()}
        # Python's own idea of a line ends at characters that a text in an answer may hold.
        lines = self._send(bound, asked.text).split("\n")
        return [self._row(line) for line in lines if line]

    def number(self, query: Sql | str, parameters: Mapping[str, str] | None = None) -> int:
        """Return the one number that an answer is.

        Raises:
            RemoteError: as ``ask``, or the answer is another.
        """
        found = self.ask(query, parameters)
        try:
            ((number,),) = found
            return int(number)
        except (TypeError, ValueError):
            raise RemoteError(self._oddity(json.dumps(found))) from None

    def make(self, name: str, query: Sql | str, parameters: Mapping[str, str]) -> None:
        """Make a temporary table, to be removed in the end."""
        self._tables.append(name)
        self.ask(query, parameters)

    def fill(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Put rows into a temporary table of this session."""
        body = "".join(
            json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) + "\n"
            for row in rows
        )
        if body:
            self._send({"query": f"INSERT INTO {table} FORMAT JSONEachRow"}, body)

    def _send(self, asked: Mapping[str, str], body: str) -> str:
        import httpx

        known = {"database": self._address.database, "session_id": self._session}
        query = {**known, "session_timeout": str(_SESSION_S), **self._settings, **asked}
        try:
            answer = self._client.post("/", params=query, content=body.encode("utf-8", "replace"))
        except httpx.HTTPError as fault:
            reason = str(fault) or type(fault).__name__
            raise RemoteError(f"no answer from {self._address.base_url}: {reason}.") from None
        if answer.status_code != 200:
            raise RemoteError(self._refusal(answer))
        return answer.text

    def _refusal(self, answer: "httpx.Response") -> str:
        """Say in one line what the server said; it may repeat what it was sent, so not the password."""
        said = answer.text.strip().splitlines() or [f"HTTP {answer.status_code}"]
        line = said[0].replace("DB::Exception: ", "")[:400]
        return f"{self._address.base_url} refused: {self._without_password(line)}"

    def _without_password(self, text: str) -> str:
        return text.replace(self._address.password, "***") if self._address.password else text

    def _row(self, line: str) -> list[Any]:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, list):
            raise RemoteError(self._oddity(line))
        return row

    def _oddity(self, said: str) -> str:
        """Say that an answer is none of ClickHouse's, and how it begins."""
        begins = " ".join(self._without_password(said).split())[:_EXCERPT] or "nothing"
        return (
            f"{self._address.base_url} does not answer as ClickHouse does: it said {begins!r}. Is that the "
            "HTTP port of the server itself?"
        )

    def _check(self, said: list[list[Any]]) -> None:
        """Refuse a server that is too old, a user who may do too little, and what is no ClickHouse."""
        try:
            ((version, told),) = said
            readonly = int(told)
            found = tuple(map(int, str(version).split(".")[:2]))
        except (TypeError, ValueError):
            raise RemoteError(self._oddity(json.dumps(said) if said else "")) from None
        if found < _OLDEST:
            raise RemoteError(
                f"{self._address.base_url} is ClickHouse {version}; {'.'.join(map(str, _OLDEST))} or newer "
                "is needed."
            )
        if readonly == 1:
            raise RemoteError(
                f"user {self._address.user!r} may neither change settings nor make temporary tables "
                "(readonly = 1). A user with readonly = 2 or 0 is needed; no table of Weave's is written to."
            )
        self._settings |= _SETTINGS
        # The server itself then refuses whatever would change one of Weave's tables.
        if readonly == 0:
            self._settings["readonly"] = "2"

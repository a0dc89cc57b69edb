"""A server with Weave's tables and a store, both with the same calls."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from analytics.clickhouse import views
from analytics.clickhouse.server import PASSWORD, Address, Session
from analytics.store import imports, lake
from tests.chain import NOW, bring
from tests.clickhouse import weave_tables
from tests.clickhouse.calls import PROJECT, calls, presets
from tests.traces import Raw

ENGINE = Path(__file__).with_name("engine.py")
SECRET = "s3cr&t/ö"
STALE_AFTER = timedelta(minutes=30)
OTHER = {
    "id": "other",
    "trace_id": "other",
    "op_name": "Orchestrator.run",
    "inputs_dump": "{}",
    "output_dump": "1",
}


class Server:
    """The engine behind its socket, as its owner sees it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", auth=("owner", SECRET), timeout=120
        )

    def do(self, sql: str, rows: Iterable[Mapping[str, Any]] = ()) -> str:
        """Do something that users of ours may not."""
        asked = {"session_id": "owner", "session_timezone": "UTC", "query": sql}
        body = "\n".join(json.dumps(row) for row in rows)
        answer = self._client.post("/", params=asked, content=body.encode())
        assert answer.status_code == 200, answer.text
        return answer.text

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def address(self, database: str, user: str = "reader") -> str:
        """Return the address of a database, as one of the engine's users."""
        return f"clickhouse://{user}@127.0.0.1:{self.port}/{database}"


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """ClickHouse's engine in a process of its own, in a time zone that is not UTC."""
    command = [sys.executable, str(ENGINE), "--password", SECRET]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env={**os.environ, "TZ": "Asia/Kolkata"}, **pipes) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        server = Server(int(process.stdout.readline()))
        yield server
        server.close()
        process.stdin.close()


@pytest.fixture(scope="session")
def lines() -> list[Raw]:
    """All calls."""
    return calls()


@pytest.fixture(scope="session")
def store(lines: list[Raw], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with all calls."""
    store = tmp_path_factory.mktemp("clickhouse") / "store"
    with lake.writer(store) as con:
        imports.use_presets(con, presets())
        bring(con, store, lines)
    return store


@pytest.fixture(scope="session")
def merged(server: Server, lines: list[Raw]) -> str:
    """A Weave that keeps every call in two halves, in parts that nobody has merged."""
    server.do("CREATE DATABASE merged")
    server.do("USE merged")
    server.do(weave_tables.MERGED)
    server.do("SYSTEM STOP MERGES merged.calls_merged")
    halves = [half for line in lines for half in weave_tables.halves(line, PROJECT)]
    for part in (halves[::2], halves[1::2]):
        server.do("INSERT INTO merged.calls_merged FORMAT JSONEachRow", part)
    return server.address("merged")


@pytest.fixture(scope="session")
def both(server: Server, lines: list[Raw]) -> str:
    """A Weave with calls of either kind: some in both, some twice, one deleted, one of another project."""
    server.do("CREATE DATABASE both")
    server.do("USE both")
    server.do(weave_tables.MERGED)
    server.do(weave_tables.COMPLETE)
    server.do("SYSTEM STOP MERGES both.calls_complete")
    whole = [weave_tables.whole(line, PROJECT) for line in lines[: 2 * len(lines) // 3]]
    late = [
        half for line in lines[len(lines) // 2 :] for half in weave_tables.halves(line, PROJECT)
    ]
    stale = [{**row, "output_dump": "", "created_at": "2020-01-01 00:00:00"} for row in whole[::50]]
    gone = {**whole[0], "id": "gone", "deleted_at": "2026-03-02 11:00:00"}
    other = {**OTHER, "project_id": "other", "started_at": "2026-03-02 10:00:00"}
    ends = [
        {"project_id": project, "id": "end-only", "ended_at": "2026-03-02 10:00:00"}
        for project in (PROJECT, "other")
    ]
    insert = "FORMAT JSONEachRow"
    server.do(f"INSERT INTO both.calls_complete {insert}", [*whole, gone, other])
    server.do(f"INSERT INTO both.calls_complete {insert}", stale)
    server.do(f"INSERT INTO both.calls_merged {insert}", [*late, *ends])
    return f"{server.address('both')}?project={PROJECT.replace('=', '%3D')}"


@pytest.fixture(scope="session")
def asking() -> Iterator[pytest.MonkeyPatch]:
    """The password where it belongs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PASSWORD, SECRET)
        yield patch


def opened(text: str) -> Iterator[tuple[Session, views.Read]]:
    """Open a session with all views, as of the tests' clock."""
    address = Address.parse(text)
    with Session(address) as session:
        read = views.make(session, address, presets(), now=NOW, stale_after=STALE_AFTER)
        yield session, read


@pytest.fixture(scope="session")
def on_merged(merged: str, asking: pytest.MonkeyPatch) -> Iterator[tuple[Session, views.Read]]:
    yield from opened(merged)


@pytest.fixture(scope="session")
def on_both(both: str, asking: pytest.MonkeyPatch) -> Iterator[tuple[Session, views.Read]]:
    yield from opened(both)

"""A team's store with several processes at once: one writer at a time, and readers that see whole imports."""

import logging
import multiprocessing
import os
import signal
from collections.abc import Callable
from contextlib import closing
from multiprocessing.synchronize import Event
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from analytics.errors import StoreError
from analytics.schema import TABLES
from analytics.store import lake
from analytics.store.catalogs import catalog
from analytics.store.location import Location, Store
from analytics.store.reader import Reader
from tests.chain import NOW, bring, copied
from tests.store.importing import batch
from tests.store.team import PASSWORD, Postgres, TeamBlank

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext

    from duckdb import DuckDBPyConnection

WRITERS, READERS, IMPORTS = 2, 2, 2
RUNS, CALLS = 8, 20
"""What each import brings."""


def write(store: Store, first: int) -> None:
    """Open the store for one import after another, as imports of different people do."""
    for number in range(first, first + IMPORTS):
        with lake.writer(store) as con:
            bring(con, store, batch(number))


def read(store: Store, ended: Event, told: Any) -> None:
    """Look again and again, and tell every state that was seen."""
    reader = Reader(store, now=NOW)
    seen = set()
    while True:
        last = ended.is_set()
        reader.poll()
        with reader.cursor() as con:
            ((runs,),) = con.execute("SELECT count(*) FROM runs").fetchall()
            con.execute("BEGIN")
            ((imports, claimed),) = con.execute(
                "SELECT count(*), coalesce(sum(new_count), 0)::INT FROM lake.imports"
            ).fetchall()
            ((spans,),) = con.execute("SELECT count(*) FROM lake.spans").fetchall()
            con.execute("COMMIT")
        seen.add((runs, imports, claimed, spans))
        if last:
            break
    reader.close()
    told.put(seen)


def hold(store: Store, holds: Event) -> None:
    """Open the store for writing, and never let go."""
    with lake.writer(store):
        holds.set()
        signal.pause()


@pytest.fixture(scope="module")
def processes() -> "ForkServerContext":
    """Processes that have loaded everything, and have no store open."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.store.importing", "duckdb", "polars"])
    return context


def test_writers_take_turns_and_readers_see_whole_imports(
    shared_blank: TeamBlank, processes: "ForkServerContext"
):
    ended, told = processes.Event(), processes.SimpleQueue()
    with copied(shared_blank) as store:
        readers = [
            processes.Process(target=read, args=(store, ended, told)) for _ in range(READERS)
        ]
        writers = [
            processes.Process(target=write, args=(store, 100 * number)) for number in range(WRITERS)
        ]
        for process in (*readers, *writers):
            process.start()
        for process in writers:
            process.join()
            assert process.exitcode == 0
        ended.set()
        states = [told.get() for _ in readers]
        for process in readers:
            process.join()
            assert process.exitcode == 0
        everything = WRITERS * IMPORTS
        for seen in states:
            for runs, imports, claimed, spans in seen:
                assert runs % RUNS == 0
                assert (claimed, spans) == (imports * CALLS, imports * CALLS)
            assert (everything * RUNS, everything, everything * CALLS, everything * CALLS) in seen
        with lake.writer(store) as con:
            ids = con.sql("SELECT import_id FROM lake.imports ORDER BY 1").fetchall()
        assert ids == [(number,) for number in range(1, everything + 1)]


def test_a_second_writer_says_for_whom_it_waits_and_then_works(
    shared_blank: TeamBlank,
):
    warned: SimpleQueue[str] = SimpleQueue()
    heard = logging.Handler()
    heard.emit = lambda record: warned.put(record.getMessage())
    logger = logging.getLogger("patchpilot")
    logger.addHandler(heard)
    try:
        with copied(shared_blank) as store:
            second = Thread(target=write, args=(store, 0))
            with lake.writer(store):
                second.start()
                told = warned.get(timeout=60)
            second.join()
            with lake.writer(store) as con:
                assert con.table("lake.imports").count("*").fetchall() == [(IMPORTS,)]
    finally:
        logger.removeHandler(heard)
    assert f"waiting for patchpilot process {os.getpid()} on " in told
    assert "from 127.0.0.1" in told


def test_the_lock_of_a_killed_writer_is_free(
    shared_blank: TeamBlank, processes: "ForkServerContext"
):
    holds = processes.Event()
    with copied(shared_blank) as store:
        process = processes.Process(target=hold, args=(store, holds))
        process.start()
        assert holds.wait(60)
        process.kill()
        process.join()
        with lake.writer(store) as con:
            assert bring(con, store, batch(0)).new == CALLS


@pytest.mark.every_store
def test_a_page_sees_what_was_committed_and_what_was_before(blank: Path):
    with copied(blank) as store:
        with lake.writer(store) as con:
            bring(con, store, batch(0))
        reader = Reader(store, now=NOW)
        before = reader.poll()
        assert reader.poll() == before
        with lake.writer(store) as con:
            bring(con, store, batch(1))
        assert reader.poll().snapshot == before.snapshot + 1
        with reader.cursor() as con:
            assert con.execute("SELECT count(*) FROM runs").fetchall() == [(2 * RUNS,)]
        reader.close()
        with closing(lake.connect(store, read_only=True, snapshot=before.snapshot)) as con:
            assert con.table("lake.runs").count("*").fetchall() == [(RUNS,)]


@pytest.mark.every_store
def test_what_is_no_plain_text_comes_back_as_it_was(blank: Path):
    odd = ["nul \x00 inside", "\U0001f600 \u202e", "'; DROP TABLE runs; --", "\\ $1 {}"]
    with copied(blank) as store:
        with lake.writer(store) as con:
            for number, text in enumerate(odd):
                raws = [{**raw, "op_name": text} for raw in batch(number)[:1]]
                bring(con, store, raws)
            found = con.execute("SELECT op FROM lake.spans ORDER BY import_id").fetchall()
        assert [op for (op,) in found] == odd


def broken(change: Callable[[str], str], store: Location) -> str:
    """Return what is said of a store whose address was changed."""
    with pytest.raises(StoreError) as told:
        lake.exists(Location.of(change(store.url)))
    return str(told.value)


def test_what_cannot_be_reached_is_told_without_the_password(postgres: Postgres, tmp_path: Path):
    store = postgres.location("postgres", str(tmp_path))
    for said in (
        broken(lambda url: url.replace("dbname=postgres", "dbname=nowhere"), store),
        broken(lambda url: url.replace(f"port={postgres.port}", "port=1"), store),
        broken(lambda url: url.replace("user=patchpilot", "user=nobody"), store),
    ):
        assert said.startswith("cannot reach the store in ducklake:postgres:host=127.0.0.1 port=")
        assert said.count("\n") == 0
        assert "hush" not in said
        assert PASSWORD not in repr(store)


def test_a_creation_that_was_cut_off_is_taken_up_again(postgres: Postgres, tmp_path: Path):
    store = postgres.location(postgres.database(), str(tmp_path))

    def half(con: "DuckDBPyConnection") -> None:
        for name in ("spans", "runs"):
            con.execute(lake.ddl(TABLES[name], "lake"))

    catalog(store).make(half)
    assert not lake.exists(store)
    with lake.writer(store) as con:
        assert lake.columns(con).keys() == TABLES.keys()


def test_a_lake_of_somebody_else_is_left_alone(postgres: Postgres, tmp_path: Path):
    store = postgres.location(postgres.database(), str(tmp_path))

    def theirs(con: "DuckDBPyConnection") -> None:
        con.execute("CREATE TABLE lake.theirs (a INT)")

    catalog(store).make(theirs)
    with pytest.raises(StoreError, match=r"somebody else's \(table theirs\)"), lake.writer(store):
        pass
    tables = "SELECT count(*) FROM ducklake_table"
    assert store.server is not None
    assert postgres.ask(tables, store.server.rpartition("dbname=")[2]) == "1"


@pytest.mark.parametrize("where", ["folder", "bucket"])
def test_files_of_others_are_no_place_for_a_store(
    postgres: Postgres,
    bucket: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
):
    for name, value in bucket.items():
        monkeypatch.setenv(name, value)
    data = str(tmp_path) if where == "folder" else "s3://traces/theirs"
    first = postgres.location(postgres.database(), f"{data}/files/theirs")
    with lake.writer(first) as con:
        bring(con, first, batch(0))
    with pytest.raises(StoreError, match=r"files is not empty .* a place of their own"):
        write(postgres.location(postgres.database(), data), 0)
    with closing(lake.connect(first, read_only=True)) as con:
        assert con.table("lake.payloads").count("*").fetchall() == [(CALLS,)]


def test_wrong_keys_are_told_and_not_shown(
    postgres: Postgres, bucket: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    for name, value in {**bucket, "AWS_SECRET_ACCESS_KEY": "hush-wrong"}.items():
        monkeypatch.setenv(name, value)
    store = postgres.location(postgres.database(), "s3://traces/wrong")
    with pytest.raises(StoreError, match=r"cannot make the store in .*403") as told:
        write(store, 0)
    assert "hush" not in str(told.value)


def test_a_bucket_without_keys_says_which_are_missing(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    store = postgres.location(postgres.database(), "s3://traces/nothing")
    keys = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    with pytest.raises(StoreError, match=keys), lake.writer(store):
        pass

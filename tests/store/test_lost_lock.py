"""What becomes of a writer whose database takes its connections away: it gives up, and says so."""

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from multiprocessing.synchronize import Event
from typing import Any

import pytest

from analytics.errors import StoreError
from analytics.schema import STORED
from analytics.store import lake, retention
from analytics.store.location import Location, Store
from analytics.store.reader import Reader
from tests.chain import NOW, bring, copied
from tests.store.importing import batch
from tests.store.team import Postgres, TeamBlank

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.store.importing", "duckdb", "polars"])

LOCK = "AND application_name LIKE 'patchpilot process%'"
_END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
_OTHERS = " AND pid <> pg_backend_pid()"


def end_connections(postgres: Postgres, store: Location, which: str = "") -> None:
    """Have the server end connections to a store's database, as a restart or an administrator does."""
    assert store.server is not None
    postgres.ask(_END + _OTHERS + which, store.server.rpartition("dbname=")[2].split()[0])


def write_and_wait(store: Store, has_written: Event, may_end: Event, told: Any) -> None:
    """Write in one transaction, and end it when told to; tell what is said of it."""
    said = None
    try:
        with lake.writer(store) as con, lake.transaction(con):
            con.execute("SET ducklake_default_data_inlining_row_limit = 0")
            lake.keep_setting(con, "first", "was here")
            has_written.set()
            may_end.wait()
    except StoreError as fault:
        said = str(fault)
    told.put(said)


def idle_and_read(store: Store, has_written: Event, may_end: Event, told: Any) -> None:
    """Open the store for writing, and read from it when the connections are gone."""
    with lake.writer(store) as con:
        has_written.set()
        may_end.wait()
        told.put(len(con.table("lake.runs")))


@contextmanager
def at_work(target: Callable[..., None], store: Store) -> Iterator[Callable[[], Any]]:
    """Have a process come to the middle of its work; gives what ends that, and returns what it tells."""
    has_written, may_end = PROCESSES.Event(), PROCESSES.Event()
    told = PROCESSES.SimpleQueue()
    process = PROCESSES.Process(target=target, args=(store, has_written, may_end, told))
    process.start()
    assert has_written.wait(60)

    def ended() -> Any:
        may_end.set()
        process.join()
        assert process.exitcode == 0
        return told.get()

    yield ended


@pytest.mark.parametrize("which", [LOCK, ""], ids=["the lock's", "every"])
def test_who_lost_the_lock_stores_nothing_and_says_so(
    shared_blank: TeamBlank, postgres: Postgres, which: str
):
    with copied(shared_blank) as store, at_work(write_and_wait, store) as ended:
        end_connections(postgres, store, which)
        with lake.writer(store) as con:
            retention.give_room_back(con)
        said = ended()
        assert said.startswith("the connection that kept other writers from the store in ducklake:")
        assert said.endswith("is lost; what was not finished was not stored. Do the same again.")
        with lake.opened(store) as con:
            assert lake.setting(con, "first") is None
            for table in STORED:
                con.table(f"lake.{table.name}").fetchall()


def test_a_writer_that_is_not_in_the_middle_of_anything_goes_on(
    shared_blank: TeamBlank, postgres: Postgres
):
    with copied(shared_blank) as store, at_work(idle_and_read, store) as ended:
        end_connections(postgres, store)
        assert ended() == 0


def test_who_lost_the_lock_removes_no_files(shared_blank: TeamBlank, postgres: Postgres):
    with copied(shared_blank) as store, lake.writer(store) as con:
        bring(con, store, batch(0))
        end_connections(postgres, store, LOCK)
        with pytest.raises(StoreError, match="is lost"):
            retention.give_room_back(con)


def test_a_commit_that_another_came_before_is_given_up(shared_blank: TeamBlank):
    def both() -> None:
        with lake.writer(store) as con, lake.transaction(con):
            lake.keep_setting(con, "first", "was here")
            with closing(lake.connect(store, read_only=False)) as other, lake.transaction(other):
                lake.keep_setting(other, "second", "was here")

    with copied(shared_blank) as store:
        with pytest.raises(StoreError, match="the store was left as it was"):
            both()
        with lake.opened(store) as con:
            assert lake.setting(con, "first") is None
            assert lake.setting(con, "second") == "was here"


def test_a_reader_outlives_a_restart(shared_blank: TeamBlank, postgres: Postgres):
    with copied(shared_blank) as store, closing(Reader(store, now=NOW)) as reader:
        with lake.writer(store) as con:
            bring(con, store, batch(0))
        end_connections(postgres, store)
        reader.poll()
        with reader.cursor() as con:
            assert con.execute("SELECT count(*) FROM runs").fetchall() == [(8,)]

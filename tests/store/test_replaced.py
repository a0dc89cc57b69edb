"""A team's store that is dropped, made anew or restored while somebody reads it."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import perf_counter

import pytest

from analytics.errors import StoreError
from analytics.store import lake
from analytics.store.location import Location
from analytics.store.reader import Reader
from tests.chain import NOW, bring
from tests.store.importing import batch
from tests.store.team import Postgres

_DROP = 'DROP DATABASE :"name" WITH (FORCE)'
_MAKE = 'CREATE DATABASE :"name" TEMPLATE :"template"'
IDLE_POLL_S = 0.1
"""A busy machine takes several times the ten milliseconds that it is to be."""


def database(store: Location) -> str:
    assert store.server is not None
    return store.server.rpartition("dbname=")[2].split()[0]


@pytest.fixture
def two(postgres: Postgres, tmp_path: Path) -> tuple[Location, Location]:
    """Two stores with one import each: as many commits, other runs."""
    both = [
        postgres.location(postgres.database(), str(tmp_path / name)) for name in ("one", "other")
    ]
    for number, store in enumerate(both):
        with lake.writer(store) as con:
            bring(con, store, batch(number))
    return both[0], both[1]


@pytest.fixture
def reader(two: tuple[Location, Location]) -> Iterator[Reader]:
    with closing(Reader(two[0], now=NOW)) as reader:
        yield reader


def runs(reader: Reader) -> set[str]:
    with reader.cursor() as con:
        return {run_id for (run_id,) in con.execute("SELECT run_id FROM runs").fetchall()}


def test_a_restored_database_is_another_store(
    two: tuple[Location, Location], reader: Reader, postgres: Postgres
):
    store, other = two
    seen, before = reader.poll(), runs(reader)
    postgres.ask(_DROP, name=database(store))
    with pytest.raises(StoreError) as told:
        reader.poll()
    assert str(told.value) == (
        f'cannot reach the store in {store}: database "{database(store)}" does not exist.'
    )
    assert runs(reader) == before
    postgres.ask(_MAKE, name=database(store), template=database(other))
    shutil.rmtree(store.data)
    shutil.copytree(other.data, store.data)
    now = reader.poll()
    assert (now.snapshot, now.opened) == (seen.snapshot, seen.opened + 1)
    with closing(Reader(other, now=NOW)) as theirs:
        assert runs(reader) == runs(theirs) != before
    assert reader.poll() == now


def test_an_empty_database_in_its_place_is_no_store(
    two: tuple[Location, Location], reader: Reader, postgres: Postgres
):
    store, _ = two
    postgres.ask(_DROP, name=database(store))
    postgres.ask('CREATE DATABASE :"name"', name=database(store))
    with pytest.raises(StoreError, match="has been removed"):
        reader.poll()
    shutil.rmtree(store.data)
    with lake.writer(store) as con:
        bring(con, store, batch(2))
    assert reader.poll().opened == 1


def test_an_idle_poll_connects_to_no_server(reader: Reader, monkeypatch: pytest.MonkeyPatch):
    def connect(*_: object) -> None:
        raise AssertionError("a poll connects")

    monkeypatch.setattr("analytics.store.postgres.connect", connect)
    began = perf_counter()
    reader.poll()
    assert perf_counter() - began < IDLE_POLL_S

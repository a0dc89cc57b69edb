"""A store of every earlier layout, written out as SQL: brought up to date, or left as it was."""

import multiprocessing
import threading
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import TypeVar

import pytest

from analytics.errors import StoreError
from analytics.schema import SCHEMA_VERSION, TABLES
from analytics.store import lake, migrations
from analytics.store.location import Location
from tests.chain import ROLLUPS, bring, copied, numbers, rows
from tests.golden.make import FOLDER as GOLDEN

Place = TypeVar("Place", Path, Location)

LAYOUTS = Path(__file__).parent / "layouts"
EARLIER = [int(file.stem) for file in sorted(LAYOUTS.glob("*.sql"))]
STATES = ("abandoned", "claim_refuted", "error_recovered", "fixed_at_second_attempt",
          "priced_fixes", "weave_evaluation", "generic")  # fmt: skip
"""The golden traces that each of these stores holds."""


def raws() -> list[dict[str, object]]:
    import json

    texts = [(GOLDEN / f"{name}.jsonl").read_text("utf-8") for name in STATES]
    return [json.loads(line) for text in texts for line in text.splitlines()]


def written_by_layout(store: Place, layout: int) -> Place:
    """Make a store as an earlier version left it."""
    with lake.writer(store) as con, lake.transaction(con):
        for table in TABLES.values():
            con.execute(lake.ddl_drop(table))
        for line in (LAYOUTS / f"{layout}.sql").read_text("utf-8").splitlines():
            con.execute(line)
    return store


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    store = tmp_path / "fresh"
    with lake.writer(store) as con:
        bring(con, store, raws())
    return store


def test_there_is_an_example_of_every_earlier_layout():
    assert list(range(1, SCHEMA_VERSION)) == EARLIER


@pytest.mark.every_store
def test_an_earlier_store_comes_up_to_date_wherever_it_stands(blank: Path):
    with copied(blank) as place:
        store = written_by_layout(place, EARLIER[-1])
        assert lake.is_outdated(store)
        with lake.writer(store) as con:
            assert bring(con, store, raws()).new == 0
        assert not lake.is_outdated(store)


@pytest.mark.parametrize("layout", EARLIER)
class TestAnEarlierStore:
    def test_says_what_to_do_when_it_is_read(self, tmp_path: Path, layout: int):
        store = written_by_layout(tmp_path / "old", layout)
        assert lake.is_outdated(store)
        with pytest.raises(StoreError, match=rf"layout {layout}.*doctor --fix.*nothing is lost"):
            lake.connect(store, read_only=True)

    def test_becomes_what_a_fresh_import_makes(self, tmp_path: Path, fresh: Path, layout: int):
        store = written_by_layout(tmp_path / "old", layout)
        with lake.writer(store) as con:
            there = lake.columns(con)
            assert {name: set(told) for name, told in there.items()} == {
                name: set(table.columns) for name, table in TABLES.items()
            }
            old = {name: rows(con, name) for name in ROLLUPS}
        with lake.writer(fresh) as con:
            assert {name: rows(con, name) for name in ROLLUPS} == old
        assert not lake.is_outdated(store)
        assert numbers(store) == numbers(fresh)

    def test_takes_the_same_traces_as_known(self, tmp_path: Path, layout: int):
        store = written_by_layout(tmp_path / "old", layout)
        with lake.writer(store) as con:
            written = bring(con, store, raws())
        assert (written.new, written.changed) == (0, 0)
        assert written.unchanged > 0

    def test_stays_as_it_was_where_that_fails(
        self, tmp_path: Path, layout: int, monkeypatch: pytest.MonkeyPatch
    ):
        store = written_by_layout(tmp_path / "old", layout)

        def broken(con: object, presets: object) -> bool:
            raise StoreError("half-way")

        with monkeypatch.context() as patch:
            patch.setattr(migrations.imports, "settle", broken)
            with pytest.raises(StoreError, match="half-way"), lake.writer(store):
                pass
        assert lake.is_outdated(store)
        with lake.writer(store):
            pass
        assert not lake.is_outdated(store)

    def test_is_never_seen_half_way(self, tmp_path: Path, layout: int):
        store = written_by_layout(tmp_path / "old", layout)
        processes = multiprocessing.get_context("forkserver")
        half_way = processes.Event()
        child = processes.Process(target=_bring_up_half_way, args=(str(store), half_way))
        child.start()
        assert half_way.wait(120)
        with pytest.raises(StoreError, match=f"layout {layout}"):
            lake.connect(store, read_only=True)
        child.kill()
        child.join()
        assert lake.layout(store) == layout
        with lake.writer(store):
            pass
        assert lake.layout(store) == SCHEMA_VERSION


def _bring_up_half_way(store: str, half_way: Event) -> None:
    def stuck(con: object, presets: object) -> bool:
        half_way.set()
        return threading.Event().wait()

    migrations.imports.settle = stuck
    with lake.writer(Path(store)):
        pass

"""Copies of a catalog are kept by their order, whatever the clock said when they were made."""

import os
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analytics import doctor
from analytics.store import catalog_file, lake
from analytics.store.location import CATALOG
from tests.chain import bring, filled
from tests.store.importing import batch

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def filled_store(empty_store: Path) -> Iterator[Path]:
    """A closed store with one import."""
    with filled(empty_store, batch(0)) as store:
        yield store


@pytest.fixture
def store(template: str, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A store whose three copies, of before there were numbers, are dated ahead."""
    store = Path(shutil.copytree(request.getfixturevalue(template), tmp_path / "store"))
    (store / "copies").mkdir()
    for day in (1, 2, 3):
        ahead = datetime.now(UTC) + day * DAY
        copy = store / "copies" / f"{ahead:%Y%m%dT%H%M%S%f}.sqlite"
        catalog_file.copy(store / CATALOG, copy)
        os.utime(copy, (ahead.timestamp(), ahead.timestamp()))
    return store


def copied(store: Path, *, afresh: bool) -> None:
    """Have a copy made, and wait for it."""
    name = catalog_file.next_name(store)
    number = name.partition("-")[0]
    catalog_file.keep_copy(store, afresh=afresh)
    deadline = time.monotonic() + 60
    while not list((store / "copies").glob(f"{number}-*.sqlite")):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def imports(store: Path) -> int:
    with lake.opened(store) as con:
        return len(con.table("lake.imports"))


@pytest.mark.parametrize("template", ["filled_store"])
@pytest.mark.parametrize("afresh", [False, True])
def test_copies_dated_ahead_displace_no_newer_one(afresh: bool, store: Path):
    for _ in range(4):
        with lake.writer(store, little=True) as con:
            con.table("lake.imports").limit(1).insert_into("lake.imports")
        copied(store, afresh=afresh)
        for copy in catalog_file.copies(store)[:1]:
            # As if a minute had passed.
            before = copy.stat().st_mtime - 99
            os.utime(copy, (before, before))
    deadline = time.monotonic() + 60
    while len(catalog_file.copies(store)) != (1 if afresh else 3):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    for ending in ("", "-wal", "-shm"):
        (store / f"{CATALOG}{ending}").unlink(missing_ok=True)
    mended = doctor.repair(store, now=datetime.now(UTC).replace(tzinfo=None))
    assert mended.done[0][0].check == "catalog"
    assert imports(store) == 5


@pytest.mark.parametrize("template", ["empty_store"])
def test_a_clock_that_is_set_back_between_two_copies_changes_no_order(
    store: Path, monkeypatch: pytest.MonkeyPatch
):
    class Back(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return datetime(1999, 1, 1, tzinfo=UTC)

    copied(store, afresh=True)
    monkeypatch.setattr(catalog_file, "datetime", Back)
    with lake.writer(store, little=True) as con:
        bring(con, store, batch(1))
    copied(store, afresh=True)
    monkeypatch.undo()
    (kept,) = catalog_file.copies(store)
    assert catalog_file.copied_at(kept).year == 1999
    rows = {each.table for each in catalog_file.listed(kept) if each.is_current}
    assert "payloads" in rows

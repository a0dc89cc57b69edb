"""The lock of a store that is a folder, where the folder goes or is replaced meanwhile."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from time import sleep
from typing import Any

import pytest

from analytics.errors import StoreError
from analytics.store import lake
from analytics.store.folder import FolderCatalog
from analytics.store.location import Location

SOON_S = 0.3


@pytest.fixture
def store(empty_store: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(empty_store, tmp_path / "store"))


def hold(store: Path, holds: Event, may_end: Event) -> None:
    with FolderCatalog(Location.of(store)).locked():
        holds.set()
        assert may_end.wait(60)


def test_who_waited_for_the_lock_of_a_folder_that_is_gone_waits_again(store: Path, caplog: Any):
    holds, may_end = [[Event() for _ in range(3)] for _ in range(2)]
    with ThreadPoolExecutor(3) as pool:
        try:
            pool.submit(hold, store, holds[0], may_end[0])
            assert holds[0].wait(60)
            pool.submit(hold, store, holds[1], may_end[1])
            while not caplog.records:
                sleep(0.01)
            shutil.rmtree(store)
            pool.submit(hold, store, holds[2], may_end[2])
            assert holds[2].wait(60)
            may_end[0].set()
            assert not holds[1].wait(SOON_S)
            may_end[2].set()
            assert holds[1].wait(60)
        finally:
            for event in may_end:
                event.set()


def test_a_writer_whose_store_was_removed_says_so(store: Path):
    def write() -> None:
        with lake.writer(store) as con, lake.transaction(con):
            lake.keep_setting(con, "first", "was here")
            store.rename(store.with_name("aside"))

    with pytest.raises(StoreError, match=r"was removed or replaced meanwhile; what was not"):
        write()
    with lake.opened(store.with_name("aside")) as con:
        assert lake.setting(con, "first") is None

"""A store is opened however often others write to it meanwhile."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from analytics.store import lake, loading
from analytics.store.reader import Reader
from tests.chain import NOW, bring, copied
from tests.store.importing import batch
from tests.store.team import TeamBlank
from tests.store.test_loading import fresh, held


@pytest.mark.every_store
def test_a_store_opens_beside_somebody_who_always_writes(
    blank: Path | TeamBlank, monkeypatch: pytest.MonkeyPatch
):
    numbers = iter(range(1_000))
    hold_all = loading.hold_all

    def import_one() -> None:
        with lake.writer(store) as con:
            bring(con, store, batch(next(numbers)))

    def hold_beside_imports(*given: Any) -> None:
        import_one()
        hold_all(*given)

    with copied(blank) as store:
        import_one()
        with monkeypatch.context() as patch:
            patch.setattr(loading, "hold_all", hold_beside_imports)
            reader = Reader(store, now=NOW)
        with closing(reader):
            seen = reader._version
            assert seen is not None
            with (
                reader.cursor() as con,
                closing(lake.connect(store, read_only=True, snapshot=seen.snapshot)) as then,
            ):
                for table in ("runs", *(part.name for part in loading.PARTS)):
                    held_rows, rows = con.table(f"rollup.{table}"), then.table(f"lake.{table}")
                    assert len(held_rows) == len(rows), table
            assert held(reader) == fresh(store)
            assert reader.poll().snapshot > seen.snapshot

"""A store is opened however often others write to it meanwhile."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from analytics.schema import ROLLUPS
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

    def write_more() -> None:
        """Commit the rows of the first import once more, as those of other runs."""
        other = f" || '+{next(numbers)}'"
        with lake.writer(store, little=True) as con, lake.transaction(con):
            for table in ROLLUPS:
                first = con.table(f"lake.{table.name}").filter("NOT contains(trace_id, '+')")
                ids = {"run_id", "trace_id", "root_id"}
                columns = (name + other if name in ids else name for name in first.columns)
                first.project(", ".join(columns)).insert_into(f"lake.{table.name}")

    def hold_beside_writes(*given: Any) -> None:
        write_more()
        hold_all(*given)

    with copied(blank) as store:
        with lake.writer(store, little=True) as con:
            bring(con, store, batch(0))
        with monkeypatch.context() as patch:
            patch.setattr(loading, "hold_all", hold_beside_writes)
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

"""A copy holds every row of its original, whatever the two stores are; a failed one leaves an empty store."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from analytics import cli
from analytics.errors import StoreError
from analytics.schema import TABLES
from analytics.store import copy as copying
from analytics.store import lake
from analytics.store.copy import copy
from analytics.store.location import Store
from tests.chain import bring, copied, rows
from tests.store.importing import batch
from tests.store.team import Postgres


@pytest.fixture(scope="module")
def original(empty_store: Path) -> Any:
    """A store with two imports, revisions among its tables, and a setting of its own."""
    with copied(empty_store) as store:
        with lake.writer(store) as con:
            bring(con, store, batch(0))
            changed = [{**raw, "output": {"other": True}} for raw in batch(0) if raw["ended_at"]]
            bring(con, store, changed)
            lake.keep_setting(con, "told", "by hand")
        yield store


def everything(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table, but for the numbers of former states."""
    with closing(lake.connect(store, read_only=True)) as con:
        return {
            name: rows(con, name, *(["snapshot_before"] if name == "imports" else []))
            for name in TABLES
        }


def test_a_copy_is_its_original_and_says_what_it_compared(original: Path, tmp_path: Path):
    told = copy(original, tmp_path / "copy")
    held = everything(original)
    assert everything(tmp_path / "copy") == held
    assert {each.table: each.rows for each in told} == {name: len(held[name]) for name in TABLES}
    assert len(held["revisions"]) > 0
    with lake.writer(tmp_path / "copy") as con:
        assert bring(con, tmp_path / "copy", batch(0)).new == 0
        before = con.execute("SELECT DISTINCT snapshot_before FROM lake.imports").fetchall()
    assert (None,) in before, "a state of another store would be shown as one of this"


def test_a_store_goes_to_postgresql_and_comes_back(
    original: Path, postgres: Postgres, tmp_path: Path
):
    team = postgres.location(postgres.database(), str(tmp_path / "shared"))
    copy(original, team)
    copy(team, tmp_path / "back")
    assert everything(tmp_path / "back") == everything(original)


def test_a_store_goes_to_a_bucket(
    original: Path, postgres: Postgres, bucket: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    for name, value in bucket.items():
        monkeypatch.setenv(name, value)
    objects = postgres.location(postgres.database(), "s3://traces/copied")
    copy(original, objects)
    assert everything(objects) == everything(original)


def test_what_holds_something_is_not_copied_to(original: Path, tmp_path: Path):
    with pytest.raises(StoreError, match=r"is not empty: .* Nothing was copied"):
        copy(original, original)
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "letter.txt").write_text("dear")
    with pytest.raises(StoreError, match=r"holds something that is no store\. Nothing was copied"):
        copy(original, tmp_path / "letters")
    with pytest.raises(StoreError, match="there is no store in"):
        copy(tmp_path / "nowhere", tmp_path / "copy")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["letters"]


def test_a_row_that_differs_is_noticed_and_nothing_stays(
    original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    whole = copying._copy_table

    def lossy(con: Any, table: str, columns: list[str]) -> None:
        whole(con, table, columns)
        if table == "spans":
            con.execute(
                "UPDATE lake.spans SET op = op || ' ' WHERE op = (SELECT min(op) FROM lake.spans)"
            )

    with monkeypatch.context() as patch:
        patch.setattr(copying, "_copy_table", lossy)
        with pytest.raises(StoreError, match="table spans of the copy is not that of the original"):
            copy(original, tmp_path / "copy")
    held = everything(tmp_path / "copy")
    assert [name for name in TABLES if held[name]] == ["settings"]
    assert list((tmp_path / "copy" / "files").rglob("*.parquet")) == []


def test_the_command_lists_every_table(
    original: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    target = str(tmp_path / "copy")
    assert cli.main(["store", "copy", "--store", str(original), "--to", target]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["table", *sorted(TABLES)]
    assert last.endswith(f"tables to {target}: every row is that of the original")
    assert cli.main(["store", "copy", "--store", str(original), "--to", target]) == 1
    assert "is not empty" in capsys.readouterr().err

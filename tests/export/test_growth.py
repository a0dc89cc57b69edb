"""An export that goes on with an earlier one is the export that begins anew, after every kind of change."""

import csv
from collections import Counter
from pathlib import Path
from shutil import copytree

import pytest

from analytics.export.growth import MEMORY
from analytics.export.tables import export_tables
from analytics.schema import STORED
from analytics.store import lake
from analytics.store.retention import prune
from tests.chain import NOW, Raw, bring
from tests.generated import collection

STORED_FILES = {f"{table.name}.csv" for table in STORED}


@pytest.fixture(scope="module")
def lines() -> list[Raw]:
    return collection(6)


def contents(folder: Path) -> dict[str, Counter[tuple[str, ...]]]:
    found = {}
    for file in sorted(folder.glob("*.csv")):
        with file.open(newline="", encoding="utf-8") as opened:
            header, *rows = csv.reader(opened)
        found[file.name] = Counter([tuple(header), *map(tuple, rows)])
    return found


def agree(store: Path, growing: Path, fresh: Path) -> None:
    """Go on with one folder, begin another, and compare them but for the order of rows."""
    counted = {each.file.name: each.rows for each in export_tables(store, growing, "csv")}
    anew = {each.file.name: each.rows for each in export_tables(store, fresh, "csv")}
    assert contents(growing) == contents(fresh)
    assert counted == anew


def stamps(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_ino for file in folder.glob("*.csv")}


def test_every_kind_of_change_is_followed(lines: list[Raw], tmp_path: Path):
    store, growing = tmp_path / "store", tmp_path / "growing"
    half = len(lines) // 2
    revised = [{**line, "output": {"passed": "revised"}} for line in lines[:20] if line["ended_at"]]
    for number, part in enumerate((lines[:half], lines[half:], revised)):
        with lake.writer(store) as con:
            bring(con, store, part)
        agree(store, growing, tmp_path / f"fresh-{number}")
    with lake.writer(store) as con:
        prune(con, now=NOW, keep_runs=3)
    agree(store, growing, tmp_path / "fresh-pruned")


@pytest.fixture(scope="module")
def exported(lines: list[Raw], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A store and its export, to look at and to copy."""
    place = tmp_path_factory.mktemp("exported")
    store, folder = place / "store", place / "out"
    with lake.writer(store) as con:
        bring(con, store, lines)
    export_tables(store, folder, "csv")
    return store, folder


def test_what_has_not_changed_is_not_written_again(exported: tuple[Path, Path], tmp_path: Path):
    store, folder = exported[0], copytree(exported[1], tmp_path / "out")
    before = stamps(folder)
    export_tables(store, folder, "csv")
    after = stamps(folder)
    assert {name for name in STORED_FILES if after[name] != before[name]} == set()


@pytest.mark.parametrize("damage", ["changed", "gone", "forgotten", "nonsense", "another store"])
def test_a_folder_that_is_not_as_it_was_left_is_written_anew(
    lines: list[Raw], exported: tuple[Path, Path], tmp_path: Path, damage: str
):
    store, folder = exported[0], copytree(exported[1], tmp_path / "out")
    whole = contents(folder)
    match damage:
        case "changed":
            with (folder / "spans.csv").open("a") as file:
                file.write("added by hand\n")
        case "gone":
            (folder / "spans.csv").unlink()
        case "forgotten":
            (folder / MEMORY).unlink()
        case "nonsense":
            (folder / MEMORY).write_text('{"files": 3}')
        case _:
            other = tmp_path / "other"
            with lake.writer(other) as con:
                bring(con, other, lines[:5])
            export_tables(other, folder, "csv")
    export_tables(store, folder, "csv")
    assert contents(folder) == whole

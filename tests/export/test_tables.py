"""Exported tables hold what the store holds, row for row, whatever stands in it."""

import csv
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.errors import InputError, StoreError, UnknownNameError
from analytics.export import tables
from analytics.export.dictionary import exportables
from analytics.export.formulas import defused, defused_column
from analytics.export.growth import MEMORY
from analytics.export.tables import DICTIONARY, FORMATS, export_tables
from analytics.schema import ROLLUPS, STORED, TABLES
from analytics.store import lake
from analytics.store.reader import Reader
from analytics.store.tables import consistent
from tests.chain import bring
from tests.store.importing import batch

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
NAMES = {
    *(table.name for table in STORED),
    *(f"rollup_{table.name}" for table in ROLLUPS),
    *(table.name for table in ROLLUPS),
}


@pytest.fixture(scope="module")
def exported(store: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both formats of the store: format -> folder."""
    folder = tmp_path_factory.mktemp("tables")
    for kind in FORMATS:
        export_tables(store, folder / kind, kind)
    return {kind: folder / kind for kind in FORMATS}


@cache
def rows_of(store: Path) -> dict[str, Counter[tuple[Any, ...]]]:
    """Return everything in a store: table -> its rows, each as often as it is there."""
    reader = Reader(store)
    with reader.cursor() as con:
        found = {
            table.name: Counter(map(_hashable, table.rows.fetchall()))
            for table in exportables(con)
        }  # fmt: skip
    reader.close()
    return found


def _hashable(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(tuple(value) if isinstance(value, list) else value for value in row)


def test_nothing_is_left_out(store: Path, exported: dict[str, Path]):
    assert rows_of(store).keys() == NAMES
    for kind, folder in exported.items():
        assert {file.stem for file in folder.glob(f"*.{kind}")} - {DICTIONARY} == NAMES
    filled = {name for name, rows in rows_of(store).items() if rows}
    assert filled >= {
        "spans",
        "payloads",
        "facts",
        "rejects",
        "imports",
        "revisions",
        "runs",
        "fixes",
    }


def test_parquet_is_the_store(store: Path, exported: dict[str, Path]):
    for name, rows in rows_of(store).items():
        read = duckdb.read_parquet(str(exported["parquet"] / f"{name}.parquet"))
        assert Counter(map(_hashable, read.fetchall())) == rows, name


def test_csv_is_the_store_once_the_apostrophes_are_taken_away(
    store: Path, exported: dict[str, Path]
):
    reader = Reader(store)
    with reader.cursor() as con:
        kinds = {
            table.name: [(column.column, column.type) for column in table.columns()]
            for table in exportables(con)
        }
    reader.close()
    for name, rows in rows_of(store).items():
        told = Counter(_read(exported["csv"] / f"{name}.csv", kinds[name]))
        assert told == rows, name


def _read(file: Path, kinds: list[tuple[str, str]]) -> list[tuple[Any, ...]]:
    """Read a CSV file back as the data dictionary says it is to be read."""
    con = duckdb.connect()
    texts = con.read_csv(
        str(file), header=True, auto_detect=False, delimiter=",", quotechar='"', escapechar='"',
        allow_quoted_nulls=False, columns={name: "VARCHAR" for name, _ in kinds},
    )  # fmt: skip
    rows = texts.project(*(_typed(name, kind) for name, kind in kinds)).fetchall()
    is_text = [kind == "VARCHAR" for _, kind in kinds]
    return [
        tuple(
            value.removeprefix("'") if text and value is not None else value
            for value, text in zip(_hashable(row), is_text, strict=True)
        )
        for row in rows
    ]


def _typed(name: str, kind: str) -> duckdb.Expression:
    column = duckdb.ColumnExpression(name)
    if kind.endswith("[]"):
        shape = duckdb.ConstantExpression(f'["{kind.removesuffix("[]")}"]')
        return duckdb.FunctionExpression("from_json", column, shape)
    return column.cast(kind)


def test_no_cell_is_a_formula(exported: dict[str, Path]):
    numeric = ("BIGINT", "UBIGINT", "DOUBLE", "TINYINT")
    with (exported["csv"] / f"{DICTIONARY}.csv").open(newline="") as file:
        numbers = {
            (row["table"], row["column"]) for row in csv.DictReader(file) if row["type"] in numeric
        }
    defused = 0
    csv.field_size_limit(10**9)
    for file in exported["csv"].glob("*.csv"):
        with file.open(newline="") as rows:
            for row in csv.DictReader(rows):
                for column, cell in row.items():
                    if (file.stem, column) in numbers:
                        assert cell == "" or float(cell) is not None
                    else:
                        assert not cell.startswith(DANGEROUS), (file.name, column, cell)
                        defused += cell.startswith("'")
    assert defused > 0


@given(st.text(max_size=8) | st.sampled_from(["=", "'", "'=1", "''", "\t", "-"]))
def test_defusing_can_be_undone_and_leaves_no_formula(text: str):
    text = text.replace("\0", "")
    con = duckdb.connect()
    given_text = con.sql("SELECT $1 AS given", params=[text])
    (told,) = given_text.project(defused_column(duckdb.ColumnExpression("given"))).fetchall()[0]
    con.close()
    assert told == defused(text)
    assert told.removeprefix("'") == text
    assert not told.startswith(DANGEROUS)


def test_the_dictionary_explains_every_column(exported: dict[str, Path]):
    with (exported["csv"] / f"{DICTIONARY}.csv").open(newline="") as file:
        told = list(csv.DictReader(file))
    for name in NAMES:
        with (exported["csv"] / f"{name}.csv").open(newline="") as file:
            assert next(csv.reader(file)) == [row["column"] for row in told if row["table"] == name]
    for row in told:
        assert row["meaning"], row
        assert row["row"], row
    for table in TABLES.values():
        of_table = {row["column"]: row["meaning"] for row in told if row["table"] == table.name}
        assert of_table.items() >= {field.name: field.doc for field in table.fields}.items()
    markdown = (exported["csv"] / f"{DICTIONARY}.md").read_text()
    assert "Drop one leading apostrophe" in markdown
    for name in NAMES:
        assert f"\n## {name}\n" in markdown


def test_counts_are_those_of_the_files(store: Path, tmp_path: Path):
    stored = rows_of(store)
    for kind in FORMATS:
        written = export_tables(store, tmp_path / kind, kind)
        assert {each.table: each.rows for each in written if each.table != DICTIONARY} == {
            name: rows.total() for name, rows in stored.items()
        }
        assert all(each.file.is_file() and each.file.parent == tmp_path / kind for each in written)


def test_an_earlier_export_is_replaced_and_other_files_stay(store: Path, tmp_path: Path):
    export_tables(store, tmp_path, "csv")
    complete = (tmp_path / "spans.csv").read_bytes()
    (tmp_path / "spans.csv").write_text("outdated")
    (tmp_path / "notes.txt").write_text("mine")
    export_tables(store, tmp_path, "csv")
    assert sorted((tmp_path / "spans.csv").read_bytes()) == sorted(complete)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert [file.name for file in tmp_path.glob(".*")] == [MEMORY]


def test_a_failed_export_leaves_the_folder_as_it_was(store: Path, tmp_path: Path):
    export_tables(store, tmp_path, "csv")
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}
    broken = tmp_path.parent / "broken"
    broken.mkdir()
    (broken / "catalog.sqlite").write_text("this is no catalog")
    with pytest.raises(StoreError, match="broken"):
        export_tables(broken, tmp_path, "csv")
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_faults_are_told(store: Path, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"cannot write to .*file"):
        export_tables(store, tmp_path / "file", "csv")
    with pytest.raises(StoreError, match="there is no store"):
        export_tables(tmp_path / "nowhere", tmp_path / "out", "csv")
    assert not (tmp_path / "out").exists()
    with pytest.raises(UnknownNameError, match="Did you mean 'parquet'"):
        export_tables(store, tmp_path / "out", "parket")


@pytest.mark.parametrize("is_kept", [True, False])
def test_an_import_that_comes_while_the_store_is_opened_is_in_all_tables_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_kept: bool
):
    place = tmp_path / "store"
    with lake.writer(place) as con:
        bring(con, place, batch(0))
        runs = len(con.table("lake.runs"))

    @contextmanager
    def still(_: Path) -> Iterator[bool]:
        yield is_kept

    came = []

    @contextmanager
    def beside_an_import(reader: Reader, *, files: bool) -> Iterator[Any]:
        assert files is not is_kept
        if not came:
            came.append(1)
            with lake.writer(place) as con:
                bring(con, place, batch(1))
        with consistent(reader, files=files) as con:
            yield con

    monkeypatch.setattr(tables.consistency, "still", still)
    monkeypatch.setattr(tables, "consistent", beside_an_import)
    rows = {each.table: each.rows for each in export_tables(place, tmp_path / "out", "csv")}
    assert came
    assert rows["spans"] == len([*batch(0), *batch(1)])
    assert rows["runs"] == rows["rollup_runs"] == 2 * runs


def test_a_file_of_the_store_that_is_gone_is_no_fault_of_the_target(tmp_path: Path):
    place = tmp_path / "store"
    with lake.writer(place) as con:
        bring(con, place, batch(0))
        con.execute("CALL ducklake_flush_inlined_data('lake')")
    for file in (place / "files" / "main" / "spans").rglob("*.parquet"):
        file.unlink()
    with pytest.raises(StoreError, match=r"table spans cannot be read: .*patchpilot doctor"):
        export_tables(place, tmp_path / "out", "csv")

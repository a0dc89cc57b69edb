"""A backup that a stranger made: what it is restored to holds nothing but rows, and touches nothing else."""

import hashlib
import json
import sqlite3
import stat
import subprocess
import sys
import warnings
import zipfile
from collections import namedtuple
from contextlib import closing
from pathlib import Path

import pytest

from analytics import room, sync
from analytics.cli import main
from analytics.errors import InputError, StoreError
from analytics.schema import SCHEMA_VERSION
from analytics.store import backup as backups
from analytics.store import lake
from analytics.store.backup import backup, restore
from analytics.store.location import CATALOG, FILES
from tests.golden.make import FOLDER as GOLDEN

PATCHPILOT = (sys.executable, "-c", "from analytics.cli import main; raise SystemExit(main())")
PRECIOUS = "precious"
OLD = "2020-01-01 00:00:00+00"

Parts = dict[str, bytes]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("foreign") / "store"
    sync.import_paths(folder, [str(GOLDEN / "two_bugs.jsonl")])
    with lake.writer(folder) as con:
        # Such a file is listed at all, and one of deleted rows.
        con.execute("CALL ducklake_flush_inlined_data('lake')")
        con.execute("DELETE FROM lake.spans WHERE span_id LIKE '%-03'")
        con.execute("CALL ducklake_flush_inlined_data('lake')")
    return folder


@pytest.fixture(scope="module")
def saved(store: Path) -> Path:
    backup(store, store.parent / "saved.zip")
    return store.parent / "saved.zip"


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    file = tmp_path / "precious.txt"
    file.write_text(PRECIOUS)
    return file


def parts(saved: Path) -> Parts:
    with zipfile.ZipFile(saved) as archive:
        names = json.loads(archive.read("manifest.json"))["parts"]
        return {name: archive.read(name) for name in names}


def told(content: Parts) -> dict[str, dict[str, object]]:
    return {
        name: {"size_bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in content.items()
    }


def made(
    file: Path, content: Parts, layout: object = SCHEMA_VERSION, more: Parts | None = None
) -> Path:
    """Write a backup as a stranger would, with every checksum right; ``more`` is told, and not packed."""
    manifest = {
        "kind": "patchpilot store backup",
        "edition": 1,
        "layout": layout,
        "parts": told({**content, **(more or {})}),
    }
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
        archive.writestr("manifest.json", json.dumps(manifest))
    return file


def with_catalog(
    content: Parts, folder: Path, *statements: str, values: tuple[object, ...] = ()
) -> Parts:
    file = folder / "stranger.sqlite"
    file.write_bytes(content[CATALOG])
    with closing(sqlite3.connect(file)) as catalog, catalog:
        for statement in statements:
            catalog.execute(statement, values)
        assert catalog.total_changes or "CREATE" in statements[0]
    data = file.read_bytes()
    file.unlink()
    return {**content, CATALOG: data}


@pytest.mark.parametrize(
    ("path", "relative"), [("{precious}", 0), ("../../precious.txt", 1), ("{precious}", 1)]
)
@pytest.mark.parametrize("command", [["compact"], ["prune", "--keep-days", "1", "--even-all"]])
def test_nothing_of_the_users_is_removed(
    command: list[str], path: str, relative: int, saved: Path, precious: Path, tmp_path: Path
):
    waiting = "INSERT INTO ducklake_files_scheduled_for_deletion VALUES (99, ?, ?, ?)"
    values = (path.format(precious=precious), relative, OLD)
    content = with_catalog(parts(saved), tmp_path, waiting, values=values)
    file = made(tmp_path / "bad.zip", content)
    restore(file, tmp_path / "store")
    # In a process of its own: what it reads of a catalog is kept per process.
    ran = subprocess.run(
        [*PATCHPILOT, command[0], "--store", str(tmp_path / "store"), *command[1:]],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert ran.returncode == 0, ran
    assert precious.read_text() == PRECIOUS, ran
    with closing(sqlite3.connect(tmp_path / "store" / CATALOG)) as catalog:
        left = catalog.execute("SELECT path FROM ducklake_files_scheduled_for_deletion").fetchall()
    assert not [name for (name,) in left if "precious" in name]


FILE = "UPDATE ducklake_{kind}_file SET path = '{path}', path_is_relative = {relative}"
FOREIGN = {
    "an absolute file": FILE.format(kind="data", path="/etc/hostname", relative=0),
    "an absolute path that is told as relative": FILE.format(
        kind="data", path="/etc/hostname", relative=1
    ),
    "a file above": FILE.format(kind="data", path="../../../a.parquet", relative=1),
    "a file in this folder": FILE.format(kind="data", path="./a.parquet", relative=1),
    "a file elsewhere": FILE.format(kind="data", path="https://evil.example/a", relative=1),
    "an absolute file of deletions": FILE.format(kind="delete", path="/etc/hostname", relative=0),
    "a file of deletions above": FILE.format(kind="delete", path="a/../../b.parquet", relative=1),
    "a table elsewhere": "UPDATE ducklake_table SET path = '/etc/', path_is_relative = 0",
    "a table above": "UPDATE ducklake_table SET path = '../../'",
    "a schema elsewhere": "UPDATE ducklake_schema SET path = '/etc/', path_is_relative = 0",
    "a schema above": "UPDATE ducklake_schema SET path = '../'",
    "another schema": "UPDATE ducklake_schema SET schema_name = 'other'",
    "another table": "UPDATE ducklake_table SET table_name = 'other' WHERE table_name = 'settings'",
    "a file of another kind": "UPDATE ducklake_data_file SET file_format = 'csv'",
    "a key": "UPDATE ducklake_data_file SET encryption_key = 'x'",
    "a view": "INSERT INTO ducklake_view VALUES (500, '01a22de6', 1, NULL, 0, 'settings', 'duckdb', "
    "'SELECT content FROM read_text(''/etc/hostname'')', '')",
    "a macro": "INSERT INTO ducklake_macro VALUES (0, 500, 'count', 1, NULL)",
    "the text of a macro": "INSERT INTO ducklake_macro_impl VALUES (500, 1, 'duckdb', '1', 'scalar')",
    "a default": "UPDATE ducklake_column SET default_value = 'getenv(''HOME'')', "
    "default_value_type = 'expression'",
    "a default of what is there": "UPDATE ducklake_column SET initial_default = 'x'",
    "a column": "UPDATE ducklake_column SET column_name = 'a\", read_text(''/etc/hostname'') AS \"b'",
    "a type": "UPDATE ducklake_column SET column_type = 'varchar; ATTACH ''x'''",
    "an order of rows": "INSERT INTO ducklake_sort_expression VALUES (1, 1, 0, 'getenv(''HOME'')', "
    "'duckdb', 'ASC', 'NULLS_LAST')",
    "a partition": "UPDATE ducklake_partition_column SET \"transform\" = 'getenv'",
    "an option": "INSERT INTO ducklake_metadata VALUES ('delete_older_than', '0 days', NULL, NULL)",
    "encryption": "UPDATE ducklake_metadata SET value = 'true' WHERE key = 'encrypted'",
    "rows elsewhere": "UPDATE ducklake_inlined_data_tables SET table_name = 'ducklake_snapshot'",
    "a trigger": "CREATE TRIGGER t AFTER DELETE ON ducklake_files_scheduled_for_deletion "
    "BEGIN DELETE FROM ducklake_data_file; END",
    "a view of SQLite": "CREATE VIEW ducklake_inlined_data_99_1 AS SELECT 1 AS row_id",
    "a table of SQLite": "CREATE TABLE other (a INT)",
    "a computed column": "CREATE TABLE ducklake_inlined_data_99_1 (row_id BIGINT, a INT AS (abs(row_id)))",
    "a check": "CREATE TABLE ducklake_inlined_data_99_1 (row_id BIGINT CHECK (randomblob(9) IS NOT 1))",
    "a virtual table": "CREATE VIRTUAL TABLE ducklake_inlined_data_99_1 USING fts5(row_id)",
    "an index": "CREATE INDEX i ON ducklake_snapshot (abs(snapshot_id))",
    "no table of macros": "DROP TABLE ducklake_macro -- CREATE",
}  # fmt: skip


@pytest.mark.parametrize("statement", FOREIGN.values(), ids=FOREIGN)
def test_a_catalog_that_holds_more_than_a_store_does_is_refused(
    statement: str, saved: Path, tmp_path: Path
):
    file = made(tmp_path / "bad.zip", with_catalog(parts(saved), tmp_path, statement))
    with pytest.raises(InputError, match=r"its catalog holds[^\n]*nothing was restored\.$"):
        restore(file, tmp_path / "store")
    assert list(tmp_path.iterdir()) == [file]


def test_no_row_comes_from_elsewhere(saved: Path, tmp_path: Path):
    """With a part in the place where the path would lead, had it been below the store."""
    content = parts(saved)
    name = next(name for name in content if name.startswith(f"{FILES}/main/spans/"))
    outside = tmp_path / "outside.parquet"
    outside.write_bytes(content[name])
    absolute = "UPDATE ducklake_data_file SET path = ?, path_is_relative = 0"
    with_decoy = with_catalog(content, tmp_path, absolute, values=(str(outside),))
    for table in ("spans", "payloads", "facts"):
        with_decoy[f"{FILES}/main/{table}{outside}"] = content[name]
    with pytest.raises(InputError, match="its catalog holds a path"):
        restore(made(tmp_path / "bad.zip", with_decoy), tmp_path / "store")
    assert not (tmp_path / "store").exists()


def test_a_view_that_never_ends_is_not_asked(saved: Path, tmp_path: Path):
    endless = (
        "CREATE VIEW ducklake_snapshot AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) "
        "SELECT i FROM n"
    )
    content = with_catalog(
        parts(saved), tmp_path, "DROP TABLE ducklake_snapshot -- CREATE", endless
    )
    with pytest.raises(InputError, match="a view of SQLite's"):
        restore(made(tmp_path / "bad.zip", content), tmp_path / "store")


def test_where_the_files_stood_is_forgotten(saved: Path, precious: Path, tmp_path: Path):
    elsewhere = "UPDATE ducklake_metadata SET value = ? WHERE key = 'data_path'"
    content = with_catalog(parts(saved), tmp_path, elsewhere, values=(f"{precious.parent}/",))
    restore(made(tmp_path / "other.zip", content), tmp_path / "store")
    with closing(sqlite3.connect(tmp_path / "store" / CATALOG)) as catalog:
        said = catalog.execute("SELECT value FROM ducklake_metadata WHERE key = 'data_path'")
        assert said.fetchall() == [(f"{tmp_path}/store/{FILES}/",)]
    with lake.writer(tmp_path / "store") as con:
        con.execute("CALL ducklake_delete_orphaned_files('lake', cleanup_all => true)")
        assert len(con.table("lake.spans"))
    assert precious.read_text() == PRECIOUS


STRAY = {
    "absolute": "/stray.parquet",
    "above": "../stray.parquet",
    "above from within": f"{FILES}/../../stray.parquet",
    "no letters": f"{FILES}/\ud800/x.parquet",
    "in this folder": f"{FILES}/./x.parquet",
    "empty": f"{FILES}//x.parquet",
    "an end": f"{FILES}/x\0.parquet",
    "a backslash": f"{FILES}\\..\\x.parquet",
    "no table": f"{FILES}/main/run.sh",
}


@pytest.mark.parametrize("name", STRAY.values(), ids=STRAY)
def test_a_part_that_leads_elsewhere_is_refused(name: str, saved: Path, tmp_path: Path):
    content = parts(saved)
    file = made(tmp_path / "bad.zip", content, more={name: b"x"})
    with pytest.raises(InputError, match=r"outside of a store .*; nothing was restored"):
        restore(file, tmp_path / "store")
    assert list(tmp_path.iterdir()) == [file]


def test_a_part_that_nothing_lists_is_not_unpacked(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    content = {**parts(saved), f"{FILES}/main/bomb.parquet": b"x" * 1_000_000}
    file = made(tmp_path / "bad.zip", content)
    written: list[int] = []
    copied = backups._copied
    monkeypatch.setattr(
        backups, "_copied", lambda *told, **more: written.append(1) or copied(*told, **more)
    )
    with pytest.raises(
        InputError, match=r"catalog does not list .*bomb\.parquet.*nothing was rest"
    ):
        restore(file, tmp_path / "store")
    assert len(written) == 1, "the catalog, and no other part"
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_among_the_parts_is_none(saved: Path, precious: Path, tmp_path: Path):
    content = parts(saved)
    name = next(name for name in content if name.endswith(".parquet"))
    file = made(
        tmp_path / "bad.zip",
        {key: data for key, data in content.items() if key != name},
        more={name: str(precious).encode()},
    )
    with zipfile.ZipFile(file, "a") as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, str(precious))
    with pytest.raises(InputError, match=rf"is damaged: {name} cannot be read"):
        restore(file, tmp_path / "store")
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("name", [CATALOG, "manifest.json", "notes.txt"])
def test_a_part_that_is_there_twice_is_refused(name: str, saved: Path, tmp_path: Path):
    content = parts(saved)
    file = made(tmp_path / "bad.zip", content)
    with zipfile.ZipFile(file, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(2):
            archive.writestr(name, content.get(name) or archive.read("manifest.json"))
    with pytest.raises(InputError, match=rf"holds '{name}' twice; nothing was restored"):
        restore(file, tmp_path / "store")


@pytest.mark.parametrize("layout", [0, -5, "2", None, 1.5])
def test_a_layout_that_never_was_is_refused(layout: object, saved: Path, tmp_path: Path):
    file = made(tmp_path / "bad.zip", parts(saved), layout=layout)
    with pytest.raises(InputError, match="is no backup of a store; nothing was restored"):
        restore(file, tmp_path / "store")


def test_a_size_below_nothing_is_refused(saved: Path, tmp_path: Path):
    content = parts(saved)
    file = made(tmp_path / "bad.zip", content)
    with zipfile.ZipFile(file) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    manifest["parts"][CATALOG]["size_bytes"] = -(10**12)
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in {**content, "manifest.json": json.dumps(manifest).encode()}.items():
            archive.writestr(name, data)
    with pytest.raises(InputError, match="is no backup of a store"):
        restore(file, tmp_path / "store")


Disk = namedtuple("Disk", ["total", "used", "free"])


def test_what_the_disk_has_no_room_for_is_not_begun(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(room, "_LITTLE_BYTES", 0)
    monkeypatch.setattr(room.shutil, "disk_usage", lambda path: Disk(10**9, 0, 5 * 10**7))
    with pytest.raises(
        InputError, match=r"more than the disk of .* has room for.*0\.1 GB are free"
    ):
        restore(saved, tmp_path / "store")
    assert list(tmp_path.iterdir()) == []


def test_a_part_that_unpacks_to_more_than_data_does_is_refused(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(room, "_BOMB_FROM_BYTES", 1_000_000)
    content = parts(saved)
    name = next(name for name in content if name.endswith(".parquet"))
    bomb = bytes(3_000_000)
    file = made(tmp_path / "bad.zip", {**content, name: bomb})
    with zipfile.ZipFile(file) as archive:
        manifest = archive.read("manifest.json")
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, data in {**content, name: bomb, "manifest.json": manifest}.items():
            archive.writestr(each, data)
    with pytest.raises(InputError, match=r"unpacks to more than 200 times its size"):
        restore(file, tmp_path / "store")
    assert list(tmp_path.iterdir()) == [file]


def test_no_backup_is_made_of_what_would_be_refused(
    store: Path, saved: Path, precious: Path, tmp_path: Path
):
    """A folder that a stranger handed over brings no file of the user's into a backup, and runs no SQL."""
    strange = tmp_path / "strange"
    restore(saved, strange)
    with closing(sqlite3.connect(strange / CATALOG)) as catalog, catalog:
        catalog.execute(FILE.format(kind="data", path=precious, relative=0))
    with pytest.raises(StoreError, match=r"holds a path .*nothing was written\.$"):
        backup(strange, tmp_path / "strange.zip")
    assert not (tmp_path / "strange.zip").exists()


def test_a_backup_never_takes_the_place_of_a_file(
    store: Path, precious: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):  # fmt: skip
    link = tmp_path / "link.zip"
    link.symlink_to(tmp_path / "nowhere")
    late = tmp_path / "late.zip"
    whole = backups._whole

    def made_meanwhile(store: Path, draft: Path) -> backups.BackedUp:
        found = whole(store, draft)
        late.write_text(PRECIOUS)
        return found

    assert main(["backup", "--store", str(store), str(link)]) == 1
    monkeypatch.setattr(backups, "_whole", made_meanwhile)
    assert main(["backup", "--store", str(store), str(late)]) == 1
    assert capsys.readouterr().err.count("exists already; nothing was written.") == 2
    assert late.read_text() == PRECIOUS
    assert link.is_symlink()
    assert sorted(tmp_path.iterdir()) == sorted([link, late, precious])

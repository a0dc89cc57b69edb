"""A store that its user may only read: all that reads works, and what others write to it is seen."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from analytics.store import catalog_file, lake
from analytics.store.location import CATALOG
from tests.chain import bring
from tests.store.importing import batch

RUNS = 8
"""Of one batch."""


def writable(store: Path, *, yes: bool) -> None:
    for path in (store, *store.rglob("*")):
        path.chmod(
            (0o755 if path.is_dir() else 0o644) if yes else 0o555 if path.is_dir() else 0o444
        )


@pytest.fixture(scope="module")
def imported(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of one import, to be copied."""
    store = Path(shutil.copytree(empty_store, tmp_path_factory.mktemp("imported") / "store"))
    with lake.writer(store) as con:
        bring(con, store, batch(0))
    return store


@pytest.fixture
def store(imported: Path, tmp_path: Path) -> Iterator[Path]:
    """A store of one import that its user may only read."""
    store = Path(shutil.copytree(imported, tmp_path / "store"))
    writable(store, yes=False)
    yield store
    writable(store, yes=True)


def without_rights() -> list[str]:
    """What a program is started with so that it may do no more than modes say: root may do anything."""
    if os.geteuid() != 0:
        return []
    started = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    if (
        shutil.which("setpriv") is None
        or subprocess.run([*started, "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("root may write whatever a mode forbids, and cannot give that up here")
    return started


COMMANDS = """
import json, sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from analytics.cli import main
for command in json.load(sys.stdin):
    with redirect_stdout(StringIO()) as said, redirect_stderr(StringIO()) as complained:
        code = main(command)
    print(json.dumps([code, said.getvalue(), complained.getvalue()]))
"""


def test_whatever_reads_reads_a_store_that_cannot_be_written(store: Path, tmp_path: Path):
    free = tmp_path / "free"
    free.mkdir()

    commands = (
        ("metrics", "runs"),
        ("export", "--csv", str(tmp_path / "csv")),
        ("backup", str(tmp_path / "backup.zip")),
        ("changes",),
        ("store", "copy", "--to", str(tmp_path / "copy")),
        ("doctor",),
    )
    done = subprocess.run(
        [*without_rights(), sys.executable, "-c", COMMANDS],
        input=json.dumps([[*command, "--store", str(store)] for command in commands]),
        env={**os.environ, "TMPDIR": str(free)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    *others, (code, told, _) = map(json.loads, done.stdout.splitlines())
    for command, (ended, _, complained) in zip(commands, others, strict=False):
        assert (ended, complained) == (0, ""), command
    assert f"{RUNS} runs" in others[0][1]
    with lake.opened(tmp_path / "copy") as con:
        assert len(con.table("lake.runs")) == RUNS
    assert code == 1
    assert "imports are refused" in told
    assert f"{RUNS} runs" in told
    assert list(free.iterdir()) == [], "a copy of the catalog outlives who read it"


FOLLOW = """
import sys
from pathlib import Path
from analytics.store.reader import Reader
reader = Reader(Path(sys.argv[1]))
for _ in sys.stdin:
    version = reader.poll()
    with reader.cursor() as con:
        print(version.snapshot, version.opened, len(con.table("runs")), flush=True)
"""


def test_what_others_write_to_it_is_seen(store: Path):
    child = subprocess.Popen(
        [*without_rights(), sys.executable, "-c", FOLLOW, str(store)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
    )  # fmt: skip
    with child:
        asked, answers = child.stdin, child.stdout
        assert asked
        assert answers

        def look() -> list[int]:
            asked.write("look\n")
            return [int(each) for each in answers.readline().split()]

        begun = look()
        assert begun[2] == RUNS
        assert look() == begun
        writable(store, yes=True)
        with lake.writer(store) as con:
            bring(con, store, batch(1))
            newest = lake.snapshot_id(con)
            writable(store, yes=False)
            beside = look()
            writable(store, yes=True)
        writable(store, yes=False)
        after = look()
        asked.close()
    assert (beside[0], beside[2]) == (newest, 2 * RUNS)
    assert (after[0], after[2]) == (newest, 2 * RUNS)
    assert after[1] > begun[1]


def test_a_copy_is_never_of_two_states(empty_store: Path, tmp_path: Path, monkeypatch: Any):
    store = Path(shutil.copytree(empty_store, tmp_path / "store"))
    copyfile: Callable[..., Any] = shutil.copyfile
    turns = [True]

    def overtaken(source: Any, target: Any) -> Any:
        done = copyfile(source, target)
        if turns and not str(source).endswith("-wal"):
            turns.pop()
            with lake.writer(store) as con:
                bring(con, store, batch(1))
        return done

    monkeypatch.setattr(shutil, "copyfile", overtaken)
    copied = catalog_file.private_copy(store / CATALOG, Path(tempfile.mkdtemp(dir=tmp_path)))
    monkeypatch.undo()
    assert catalog_file.fault(copied) is None
    shutil.copy(copied, store / CATALOG)
    with lake.opened(store) as con:
        assert len(con.table("lake.runs")) == RUNS


def test_what_is_only_in_the_log_is_copied_too(tmp_path: Path):
    with closing(sqlite3.connect(tmp_path / CATALOG)) as catalog:
        catalog.execute("PRAGMA journal_mode = WAL")
        with catalog:
            catalog.execute("CREATE TABLE told AS SELECT 7 AS number")
        before = catalog_file.mark(tmp_path / CATALOG)
        assert (tmp_path / f"{CATALOG}-wal").stat().st_size > 0
        copied = catalog_file.private_copy(tmp_path / CATALOG, Path(tempfile.mkdtemp(dir=tmp_path)))
        with catalog:
            catalog.execute("INSERT INTO told VALUES (8)")
        assert catalog_file.mark(tmp_path / CATALOG) != before
    with closing(sqlite3.connect(copied)) as read:
        assert read.execute("SELECT number FROM told").fetchall() == [(7,)]


def test_a_catalog_that_never_stands_still_is_said_to(
    empty_store: Path, tmp_path: Path, monkeypatch: Any
):
    turns = iter(range(10**6))
    monkeypatch.setattr(catalog_file, "_state", lambda _: next(turns))
    monkeypatch.setattr(catalog_file, "_BETWEEN_TRIES_S", 0)
    with pytest.raises(BlockingIOError, match="rewritten all the time"):
        catalog_file.private_copy(empty_store / CATALOG, tmp_path)

"""Every question has a process of its own, which the kernel holds to its limits and which leaves nothing."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep

import duckdb
import pytest

from analytics.errors import InputError, StoreError
from analytics.store import sandbox
from analytics.store.sandbox import LONGEST, MEMORY_MB, TABLES, Sandbox

ENDLESS = "SELECT count(*) FROM range(100000000000) AS a, range(1000) AS b"
ASKING = """
import resource, sys
from pathlib import Path
import duckdb
from analytics.errors import InputError
from analytics.store import sandbox
con = duckdb.connect()
for name in sandbox.TABLES:
    con.sql("SELECT range AS number, 'x' || range AS text FROM range(200)").create(name)
sandbox.ANSWER_WITHIN_S = float(sys.argv[1])
copy = sandbox.Sandbox(con)
print("ready", flush=True)
for sql in sys.argv[2:]:
    try:
        copy.ask(sql)
    except InputError as fault:
        print(fault, flush=True)
told = dict(line.split(":") for line in Path("/proc/self/status").read_text("ascii").splitlines())
print(told["VmHWM"].split()[0], resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""Asks in a process of which nothing else is known; in the end says how much memory was taken."""

linux = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux holds a process to its memory"
)


@pytest.fixture
def con() -> "Iterator[duckdb.DuckDBPyConnection]":
    with duckdb.connect() as con:
        for name in TABLES:
            con.sql(
                "SELECT $1 AS name, range AS number, [range] AS list, now()::TIMESTAMP AS at "
                "FROM range(3)",
                params=[name],
            ).create(name)
        yield con


@pytest.fixture
def box(con: "duckdb.DuckDBPyConnection") -> Iterator[Sandbox]:
    box = Sandbox(con)
    yield box
    box.close()


def asking(within_s: float, *questions: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", ASKING, str(within_s), *questions]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def answering(parent: int) -> list[int]:
    """Return the processes that answer questions of another one."""
    found = subprocess.run(
        ["pgrep", "-P", str(parent)], capture_output=True, text=True, check=False
    )
    return [int(pid) for pid in found.stdout.split()]


def until(is_so: Callable[[], object], within_s: float = 20.0) -> None:
    ends = monotonic() + within_s
    while not is_so():
        assert monotonic() < ends
        sleep(0.05)


@linux
def test_no_question_takes_more_memory_than_it_may():
    heavy = (
        "SELECT median(range) FROM range(1000000000)",
        "SELECT mode(range) FROM range(1000000000)",
        "SELECT length(repeat('x', 2000000000))",
        " UNION ALL ".join(["SELECT 1"] * 1_800),
    )
    with asking(10.0, *heavy) as process:
        told, _ = process.communicate()
    *said, peaks = told.splitlines()[1:]
    own, others = (int(kilobytes) / 1024 for kilobytes in peaks.split())
    assert len(said) >= 3
    assert own < 400
    assert others < MEMORY_MB + 200, "what a process takes that does nothing is less than 200 MB"


def test_the_copy_has_the_columns_and_rows_of_the_views(
    box: Sandbox, con: "duckdb.DuckDBPyConnection"
):
    every = f"FROM {' POSITIONAL JOIN '.join(TABLES)}"
    rows, _ = box.ask(every)
    assert rows.rows() == con.sql(every).fetchall()
    described, _ = box.ask(f"DESCRIBE {every}")
    kinds = [str(kind) for name in TABLES for kind in con.table(name).types]
    assert described["column_type"].to_list() == kinds


def test_several_ask_at_once_and_each_gets_its_own_answer(box: Sandbox):
    with ThreadPoolExecutor(5) as viewers:
        told = viewers.map(lambda number: box.ask(f"SELECT {number}")[0].item(), range(6))
        assert list(told) == list(range(6))


def test_who_waits_too_long_is_told_to_ask_again(box: Sandbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sandbox, "_TURN_WITHIN_S", 0.01)
    for _ in range(sandbox.TOGETHER):
        assert sandbox._turns.acquire(timeout=5)
    try:
        with pytest.raises(InputError, match="Ask again"):
            box.ask("SELECT 1")
    finally:
        sandbox._turns.release(sandbox.TOGETHER)
    assert box.ask("SELECT 1")[0].item() == 1


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT " + "+".join("1" * 900), "nested too deeply"),
        ("SELECT '" + "x" * LONGEST + "'", f"{LONGEST:,} is the most"),
        ("SELECT INTERVAL 1 month", "cast intervals"),
        ("SELECT repeat('x', 40000000)", "ask for less"),
    ],
    ids=["deep", "long", "interval", "large"],
)
def test_what_cannot_be_answered_is_said_in_one_sentence(sql: str, said: str, box: Sandbox):
    with pytest.raises(InputError, match=said) as told:
        box.ask(sql)
    assert str(told.value).count("\n") == 0


def test_nothing_is_left_in_the_temporary_folder(
    con: "duckdb.DuckDBPyConnection", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(sandbox, "ANSWER_WITHIN_S", 0.3)
    box = Sandbox(con)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError):
        box.ask(ENDLESS)
    assert list(tmp_path.iterdir()) == []
    box.close()


def test_no_file_stays_open_once_nobody_has_the_copy(con: "duckdb.DuckDBPyConnection"):
    box = Sandbox(con)
    numbers = list(box._files.values())
    assert all(map(_is_open, numbers))
    del box
    assert not any(map(_is_open, numbers))


def test_a_folder_that_cannot_be_written_is_said(
    con: "duckdb.DuckDBPyConnection", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(StoreError, match="cannot be copied"):
        Sandbox(con)


@linux
def test_who_answers_ends_with_who_asked():
    with asking(600.0, ENDLESS) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        until(lambda: answering(process.pid))
        (child,) = answering(process.pid)
        sleep(0.5)  # It is deep in the question.
        assert _is_there(child)
        process.send_signal(signal.SIGKILL)
    until(lambda: not _is_there(child))


def _is_there(pid: int) -> bool:
    try:
        return "(zombie)" not in Path(f"/proc/{pid}/status").read_text("ascii")
    except OSError:
        return False


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True

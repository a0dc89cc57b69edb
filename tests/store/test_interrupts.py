"""Ctrl-C while DuckDB is at work is Ctrl-C."""

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from analytics.cli import main
from analytics.commands import formats
from analytics.errors import StoreError
from analytics.export import tables
from analytics.store import copy, interrupts, lake
from analytics.sync import import_paths
from tests.sync.test_growth import call


def test_a_query_that_is_told_to_stop_stops_as_python_does():
    def ask() -> None:
        with interrupts.deferred():  # DuckDB can swallow Ctrl-C while it connects.
            con = duckdb.connect()
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        # A query of hours: a connection that waits for its threads never closes.
        with con, interrupts.heeded(), interrupts.abandoned(con):
            con.execute("SELECT sum(sqrt(range)) FROM range(1000000000000)")

    for _ in range(5):
        with pytest.raises(KeyboardInterrupt):
            ask()


def swallowed() -> None:
    """Press Ctrl-C where DuckDB swallows it."""
    with suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_what_was_swallowed_is_remembered_until_it_is_heeded():
    reached = []

    def work() -> None:
        with interrupts.listening():
            swallowed()
            reached.append(1)
            interrupts.check()
            reached.append(2)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert reached == [1]
    interrupts.check()
    with pytest.raises(KeyboardInterrupt), interrupts.listening():
        swallowed()
    with interrupts.listening():
        swallowed()
        interrupts.done()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def raise_query_interrupted() -> None:
    raise RuntimeError("Query interrupted")


def raise_what_comes_of_it() -> None:
    raise StoreError("the store was left as it was") from duckdb.InterruptException("x")


@pytest.mark.parametrize("work", [swallowed, raise_query_interrupted, raise_what_comes_of_it])
def test_a_command_that_is_told_to_stop_says_so(
    work: Callable[[], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(formats, "run", lambda arguments: work() or 0)
    assert main(["formats"]) == 130
    assert capsys.readouterr().err.startswith("patchpilot: stopped;")


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    (tmp_path / "a.jsonl").write_text(call(1) + "\n")
    import_paths(tmp_path / "store", [str(tmp_path / "a.jsonl")])
    return tmp_path / "store"


def after_a_swallowed_one(work: Callable[..., object]) -> Callable[..., object]:
    def worked(*arguments: object) -> object:
        swallowed()
        return work(*arguments)

    return worked


def test_an_export_that_is_told_to_stop_leaves_nothing(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tables, "_write_table", after_a_swallowed_one(tables._write_table))
    with pytest.raises(KeyboardInterrupt), interrupts.listening():
        tables.export_tables(filled, tmp_path / "tables", "parquet")
    assert list((tmp_path / "tables").iterdir()) == []


def test_a_copy_that_is_told_to_stop_is_empty(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(copy, "_compared", after_a_swallowed_one(copy._compared))
    with pytest.raises(KeyboardInterrupt), interrupts.listening():
        copy.copy(filled, tmp_path / "copied")
    with lake.opened(tmp_path / "copied") as con:
        assert len(con.table("lake.spans")) == 0


def test_another_fault_stays_what_it_is():
    with pytest.raises(RuntimeError, match="something else"), interrupts.heeded():
        raise RuntimeError("something else")


def test_what_must_not_be_stopped_is_finished_first():
    done = []

    def work() -> None:
        with interrupts.deferred():
            os.kill(os.getpid(), signal.SIGINT)
            done.append(True)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_another_thread_hears_of_no_signals():
    done = []

    def work() -> None:
        with interrupts.deferred():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done

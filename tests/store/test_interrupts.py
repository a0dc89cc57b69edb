"""Ctrl-C while DuckDB is at work is Ctrl-C."""

import os
import signal
import threading

import duckdb
import pytest

from analytics.store import interrupts


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

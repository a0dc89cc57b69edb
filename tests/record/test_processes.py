"""However a process ends, its runs are in the file: real processes, really ended."""

import json
import os
import signal
import subprocess
import time

import pytest

from tests.record.conftest import Records, Start

RUN = """
import time
with record.run("t", folder=folder, attempt=3) as run:
    run.set(bugs_found=2)
    with run.tool("grep"):
        pass
    with run.agent("Fixer") as step:
        step.set(retries=1)
        print("ready", flush=True)
        time.sleep(60)
"""


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    _, errors = process.communicate(timeout=30)
    return process.returncode, errors


def when_ready(process: "subprocess.Popen[str]") -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"


def when_written(records: Records, text: str) -> None:
    give_up = time.monotonic() + 20
    while text not in records.text() and time.monotonic() < give_up:
        time.sleep(0.02)


def test_an_exception_that_nobody_catches(records: Records, start: Start):
    code, errors = ended(
        start("with record.run('t', folder=folder) as run:\n raise ValueError('no')")
    )
    assert (code, errors.splitlines()[-1]) == (1, "ValueError: no")
    row = records.row("record.run")
    assert (row["status"], row["error_type"], row["error_message"]) == ("error", "ValueError", "no")


@pytest.mark.parametrize(("code", "status"), [("0", "ok"), ("None", "ok"), ("3", "error")])
def test_an_exit_is_an_error_where_its_code_is_one(
    records: Records, start: Start, code: str, status: str
):
    process = start(f"with record.run('t', folder=folder):\n raise SystemExit({code})")
    assert ended(process)[0] == (0 if status == "ok" else 3)
    assert records.row("record.run")["status"] == status


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (signal.SIGTERM, "Terminated"),
        (signal.SIGINT, "KeyboardInterrupt"),
        (signal.SIGHUP, "Hangup"),
    ],
)
def test_a_process_that_is_told_to_end_ends_its_runs_first(
    records: Records, start: Start, number: signal.Signals, name: str
):
    process = start(RUN)
    when_ready(process)
    process.send_signal(number)
    assert ended(process)[0] == -number
    for op in ("record.run", "record.agent"):
        row = records.row(op)
        assert (row["status"], row["error_type"]) == ("error", name)
        assert row["output"]["error_kind"] == "infra"
        assert row["ended_at"] >= row["started_at"]
    assert records.row("record.run")["output"]["bugs_found"] == 2
    assert records.row("record.tool")["status"] == "ok"


def test_a_handler_of_the_program_is_still_asked(records: Records, start: Start):
    program = (
        """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(7))
"""
        + RUN
    )
    process = start(program)
    when_ready(process)
    process.terminate()
    assert ended(process)[0] == 7
    assert records.row("record.run")["error_type"] == "Terminated"


def test_a_program_that_outlives_a_signal_ends_its_run_itself(records: Records, start: Start):
    program = """
import signal, time
stop = []
signal.signal(signal.SIGTERM, lambda number, frame: stop.append(1))
with record.run("t", folder=folder) as run:
    print("ready", flush=True)
    while not stop:
        time.sleep(0.01)
    run.outcome("pass")
"""
    process = start(program)
    when_ready(process)
    process.terminate()
    assert ended(process)[0] == 0
    row = records.row("record.run")
    assert (row["status"], row["error_type"], row["output"]) == ("ok", None, {"claimed": "pass"})


def test_an_event_loop_that_is_interrupted(records: Records, start: Start):
    program = """
import asyncio
async def main():
    async with record.run("t", folder=folder) as run:
        async with run.agent("Fixer"):
            print("ready", flush=True)
            await asyncio.sleep(60)
asyncio.run(main())
"""
    process = start(program)
    when_ready(process)
    process.send_signal(signal.SIGINT)
    assert ended(process)[0] == -signal.SIGINT
    assert {row["error_type"] for row in records.rows()} == {"KeyboardInterrupt"}


def test_a_killed_run_is_left_running_with_what_it_had_told(records: Records, start: Start):
    process = start(RUN)
    when_ready(process)
    when_written(records, '"retries"')
    process.kill()
    assert ended(process)[0] == -signal.SIGKILL
    for op, told in (("record.run", {"bugs_found": 2}), ("record.agent", {"retries": 1})):
        row = records.row(op)
        assert (row["status"], row["ended_at"], row["output"]) == ("running", None, told)
    assert records.row("record.tool")["status"] == "ok"


def test_a_run_that_its_process_leaves_open_is_ended(records: Records, start: Start):
    program = "run = record.run('t', folder=folder).__enter__()\nrun.outcome('pass')"
    assert ended(start(program))[0] == 0
    row = records.row("record.run")
    assert (row["status"], row["error_type"]) == ("error", "ProcessExit")
    assert row["output"] == {"claimed": "pass", "error_kind": "infra"}


def test_a_forked_child_writes_a_file_of_its_own_and_ends_no_run_of_its_parent(
    records: Records, start: Start
):
    program = """
import os
with record.run("t", folder=folder) as run:
    with run.tool("before"):
        pass
    child = os.fork()
    if child == 0:
        with record.tool("within"):
            pass
        raise SystemExit(0)
    assert os.waitpid(child, 0)[1] == 0
    with run.tool("after"):
        pass
    run.outcome("pass")
"""
    code, errors = ended(start(program))
    assert (code, errors) == (0, "")
    assert len(records.files()) == 2
    rows = records.rows()
    root = records.row("record.run")
    assert (root["status"], root["output"]) == ("ok", {"claimed": "pass"})
    assert {row["tool"]: row["parent_id"] for row in rows if row["tool"]} == dict.fromkeys(
        ("before", "within", "after"), root["span_id"]
    )


def test_a_pool_of_processes_loses_nothing(records: Records, start: Start):
    program = """
import multiprocessing

def work(number):
    with record.run(f"task-{number}", folder=folder) as run:
        run.outcome("pass")

if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(2) as pool:
        pool.map(work, range(6), chunksize=1)
        pool.close()
        pool.join()
"""
    code, errors = ended(start(program))
    assert (code, errors) == (0, "")
    rows = records.rows()
    assert {row["attributes"]["task"] for row in rows} == {f"task-{n}" for n in range(6)}
    assert {row["status"] for row in rows} == {"ok"}
    pids = {row.name.split("-")[2] for row in records.files()}
    assert len(pids) == len(records.files()) <= 2


def test_threads_that_are_left_behind_cost_no_run(records: Records, start: Start):
    program = """
import threading, time
def work():
    with record.run("t", folder=folder) as run:
        run.set(turns=4)
        begun.set()
        time.sleep(60)
begun = threading.Event()
threading.Thread(target=work, daemon=True).start()
begun.wait()
"""
    assert ended(start(program))[0] == 0
    row = records.row("record.run")
    assert (row["error_type"], row["output"]["turns"]) == ("ProcessExit", 4)


def test_a_folder_that_cannot_be_written_is_told_once_and_costs_nothing(
    records: Records, start: Start
):
    records.folder.write_text("a file where the folder should be")
    program = """
for number in range(3):
    with record.run("t", folder=folder) as run:
        with run.tool("grep"):
            run.set(turns=number)
    record.flush()
print("done")
"""
    process = start(program)
    out, errors = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, "done\n")
    assert errors.count("\n") == 1
    assert errors.startswith("patchpilot: cannot write to ")


def test_standard_error_may_be_closed(records: Records, start: Start):
    records.folder.write_text("a file")
    program = """
import sys
sys.stderr.close()
with record.run("t", folder=folder):
    pass
print("done")
"""
    process = start(program)
    assert process.communicate(timeout=30)[0] == "done\n"


def test_two_processes_never_share_a_file(records: Records, start: Start):
    program = "with record.run('t', folder=folder) as run:\n run.outcome('pass')"
    processes = [start(program) for _ in range(3)]
    assert [ended(process)[0] for process in processes] == [0, 0, 0]
    assert len(records.files()) == len(records.rows()) == 3
    assert all(oct(os.stat(file).st_mode)[-3:] == "600" for file in records.files())


def test_recording_needs_neither_duckdb_nor_weave(records: Records, start: Start):
    program = """
import json, sys
with record.run("t", folder=folder):
    pass
record.flush()
print(json.dumps(sorted({"duckdb", "pyarrow", "weave", "analytics.sources"} & set(sys.modules))))
"""
    out, _ = start(program).communicate(timeout=30)
    assert json.loads(out) == []

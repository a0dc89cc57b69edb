"""The command line as a user meets it: what it prints, where, and with which exit code."""

import csv
import json
import os
import re
import signal
import subprocess
from io import StringIO
from pathlib import Path
from time import monotonic, sleep

import pytest

from analytics.cli import COMMANDS
from tests.cli.conftest import PATCHPILOT, command_line, patchpilot
from tests.sync.test_growth import call
from tests.traces import Trace


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    file = tmp_path / "export.jsonl"
    file.write_text("".join(call(number) + "\n" for number in range(3)))
    return file


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str):
    done = patchpilot(command, "--help")
    assert done.returncode == 0
    assert COMMANDS[command][1:] in " ".join(done.stdout.split())


def test_an_import_says_what_it_did(export: Path, store: Path):
    first, second = (patchpilot("import", export, "--store", store) for _ in range(2))
    assert first.stdout.startswith(
        "3 new, 0 changed, 0 unchanged, 0 rejected calls; 3 runs touched;"
    )
    assert second.stdout.startswith(
        "0 new, 0 changed, 3 unchanged, 0 rejected calls; 0 runs touched;"
    )
    assert f"{export}: weave-jsonl (" in first.stderr


def test_numbers_of_a_store_that_is_not_there_are_refused(store: Path):
    done = command_line("metrics", "--store", store)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"patchpilot: there is no store in {store}.")


def test_standard_input_is_read(store: Path):
    done = patchpilot("import", "-", "--store", store, stdin=call(1) + "\n")
    assert done.stdout.startswith("1 new,")


def test_rejects_are_told_with_line_and_reason(store: Path):
    done = patchpilot("import", "-", "--store", store, stdin=call(1) + "\nnot json\n")
    assert "1 rejected" in done.stdout
    assert "rejected: standard input line 2: " in done.stderr
    assert done.returncode == 0


def test_strict_stores_nothing(store: Path):
    done = patchpilot("import", "-", "--strict", "--store", store, stdin=call(1) + "\nnot json\n")
    assert done.returncode == 1
    assert "line 2" in done.stderr
    assert "Nothing stored" in done.stderr
    runs = command_line("metrics", "runs", "--format", "json", "--store", store)
    assert json.loads(runs.stdout)[0]["value"] == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("import", "exprt.jsonl"), "there is no file exprt.jsonl"),
        (("import", "{export}", "--format", "weave-jsnl"), "Did you mean 'weave-jsonl'?"),
        (("import", "{export}", "--semantics", "patchpilt"), "Did you mean 'patchpilot'?"),
        (("metrics", "pas_rate"), "Did you mean 'pass_rate'?"),
        (("metrics", "pass_rate", "--by", "varient"), "Did you mean 'variant'?"),
        (("sync", "--weave", "nonsense"), "write entity/project"),
        (("serve", "--demo", "--data", "{export}"), "exclude each other"),
        (("serve", "--host", "0.0.0.0"), "needs a token"),
        (("serve", "--semantics", "generic"), "name the data as well"),
        (("metrics", "--demo"), "--demo and --store exclude each other"),
    ],
)
def test_bad_input_gets_one_sentence(
    arguments: tuple[str, ...], told: str, export: Path, three_runs: Path
):
    given = [argument.format(export=export) for argument in arguments]
    done = command_line(*given, "--store", three_runs)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("patchpilot: ")
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("pause", ["abc", "inf", "nan", "0", "-1"])
def test_a_pause_is_a_number_of_seconds(pause: str):
    done = patchpilot("watch", "traces", f"--every={pause}")
    assert done.returncode == 2
    assert f"'{pause}' is no number of seconds" in done.stderr


def test_numbers_of_the_bundled_traces_say_so(tmp_path: Path):
    done = patchpilot("metrics", "runs")
    own = "there is no store of your own yet; these are the bundled traces" in done.stderr
    assert own or (Path(__file__).parents[2] / "data" / "store").exists()


def test_the_environment_names_the_store_for_every_command(
    export: Path, store: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATCHPILOT_STORE", str(store))
    assert command_line("import", export).stdout.startswith("3 new,")
    assert json.loads(command_line("metrics", "runs", "--format", "json").stdout)[0]["value"] == 3


def test_a_record_refused_twice_is_one_reject(store: Path):
    for _ in range(2):
        patchpilot("import", "-", "--store", store, stdin=call(1) + "\nnot json\n")
    assert "1 call, 1 run, 1 reject" in command_line("doctor", "--store", store).stdout


def test_metrics_print_as_table_json_and_csv(three_runs: Path):
    def told_by(*arguments: str) -> str:
        return command_line("metrics", *arguments, "--store", three_runs).stdout

    table = told_by("runs", "pass_rate", "--by", "day")
    assert [line.split()[0] for line in table.splitlines()] == ["day", "2026-03-01", "2026-03-01"]
    assert "—" in table.splitlines()[2], "an unknown rate is no zero"
    told = json.loads(told_by("runs", "--format", "json"))
    assert (told[0]["metric"], told[0]["value"]) == ("runs", 3)
    printed = told_by("runs", "--format", "csv")
    assert printed.splitlines()[0].startswith("metric,unit,value,")


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-1", "@x", "\tx", "'x"])
def test_no_cell_of_printed_metrics_is_a_formula(name: str, store: Path, tmp_path: Path):
    trace = Trace("t1")
    trace.call("Orchestrator.run", 0, 99, inputs={"task": "x"}, attributes={"variant": name})
    lines = "".join(json.dumps(call) + "\n" for call in trace.calls)
    (tmp_path / "t.jsonl").write_text(lines, "utf-8")
    assert command_line("import", tmp_path / "t.jsonl", "--store", store).returncode == 0
    asked = ("metrics", "runs", "--by", "variant", "--store", store, "--format")
    (row,) = csv.DictReader(StringIO(command_line(*asked, "csv").stdout))
    assert row["variant"] == f"'{name}"
    assert (row["metric"], row["value"]) == ("runs", "1.0")
    assert json.loads(command_line(*asked, "json").stdout)[0]["variant"] == name


def test_the_doctor_tells_what_a_store_holds_and_lacks(store: Path):
    patchpilot("import", "-", "--store", store, stdin=call(1) + "\nnot json\n")
    told = command_line("doctor", "--store", store)
    assert told.returncode == 0
    assert "1 call, 1 run, 1 reject" in told.stdout
    assert "standard input line 2: " in told.stdout


def test_the_doctor_says_why_a_store_does_not_open(store: Path):
    store.mkdir()
    (store / "catalog.sqlite").write_text("no catalog")
    told = command_line("doctor", "--store", store)
    assert (told.returncode, told.stderr) == (1, "")
    assert told.stdout.startswith(
        f"fault       catalog: the catalog {store}/catalog.sqlite is damaged ("
    )


def test_no_control_code_of_a_trace_reaches_the_terminal(store: Path):
    told = patchpilot("import", "-", "--store", store, stdin=call(1) + '\n{"id": "\x1b[31mred"\n')
    assert "\x1b" not in told.stderr + told.stdout


def test_a_closed_pipe_is_no_error(three_runs: Path):
    line = f"'{PATCHPILOT}' metrics --store '{three_runs}' | head -n 1"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    assert done.stderr == ""


@pytest.mark.parametrize(
    "given",
    [
        ["import", ""],
        ["import", "a.jsonl", "--map", ""],
        ["import", "a.jsonl", "--prices", ""],
        ["watch", ""],
        ["verify", "--reports", ""],
        ["map", ""],
        ["export", "--csv", ""],
        ["export", "--html", ""],
        ["backup", ""],
        ["restore", ""],
        ["code", "--repo", ""],
        ["import", "a.jsonl", "--semantics", ""],
    ],
)
def test_an_empty_path_is_not_the_current_folder(
    given: list[str], three_runs: Path, export: Path, monkeypatch: pytest.MonkeyPatch
):
    export.rename(export.with_name("a.jsonl"))
    monkeypatch.chdir(export.parent)
    done = command_line(*given, "--store", three_runs)
    assert done.returncode in (1, 2)
    assert done.stdout == ""
    assert re.search(r"empty|''", done.stderr)
    assert not (three_runs / "data_dictionary.csv").exists()


@pytest.mark.parametrize("what", ["--store", "--csv"])
def test_a_watch_says_at_once_what_is_no_folder(what: str, export: Path, store: Path):
    in_the_way = export.with_name("file")
    in_the_way.touch()
    given = {"--store": store, what: in_the_way}
    done = command_line("watch", export, *(each for pair in given.items() for each in pair))
    assert done.returncode == 1
    assert done.stderr.startswith("patchpilot: cannot write to ")
    assert "it is a file, not a folder" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_watch_says_that_it_stopped(export: Path, store: Path):
    watching = subprocess.Popen(
        [PATCHPILOT, "watch", export, "--store", store, "--every", "0.1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watching.stdout is not None
    assert "3 new" in watching.stdout.readline()
    watching.send_signal(signal.SIGINT)
    _, said = watching.communicate(timeout=60)
    assert watching.returncode == 0
    assert said.splitlines()[-1].startswith("patchpilot: stopped;")


def test_an_interrupted_import_leaves_the_store_as_it_was(tmp_path: Path, store: Path):
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    with subprocess.Popen(
        [PATCHPILOT, "import", pipe, "--store", store], stderr=subprocess.PIPE, text=True
    ) as process:
        until = monotonic() + 30
        while not (store / "catalog.sqlite").exists() and monotonic() < until:
            sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert told == "patchpilot: stopped; what was not finished was not stored.\n"
    runs = patchpilot("metrics", "runs", "--format", "json", "--store", store)
    assert json.loads(runs.stdout)[0]["value"] == 0


def test_letters_that_the_terminal_lacks_are_told_by_number(store: Path, tmp_path: Path):
    file = tmp_path / "export.jsonl"
    file.write_text(call(1).replace("acme/shop", "acme/läden"), encoding="utf-8")
    assert "läden" in file.read_text(encoding="utf-8")
    assert command_line("import", file, "--store", store).returncode == 0
    done = subprocess.run(
        [PATCHPILOT, "metrics", "runs", "--by", "project", "--store", store],
        env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "l\\xe4den" in done.stdout

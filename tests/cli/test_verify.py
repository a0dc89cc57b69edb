"""patchpilot verify and changes as a user meets them."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import command_line


@pytest.fixture
def store(store_of_three: Path) -> Path:
    """A store with three runs: span-0, span-1, span-2."""
    return store_of_three


def test_outcomes_are_verified_and_what_changed_is_told(store: Path, tmp_path: Path):
    report = tmp_path / "report.csv"
    report.write_text("run_id,passed\nspan-0,true\nspan-1,wobbly\nnobody,false\n")
    done = command_line("verify", "--reports", report, "--store", store)
    assert done.returncode == 0
    assert "2 verdicts read: 1 on 1 run, 1 on none; 2 new" in done.stdout
    assert "on none: nobody" in done.stdout
    assert "1 outcome changed: 1 unknown -> pass" in done.stdout
    assert f"rejected: {report} line 3: 'wobbly' says neither pass nor fail" in done.stderr
    again = command_line("verify", "--reports", report, "--store", store)
    assert "0 new, 0 changed, 2 unchanged" in again.stdout
    assert "no outcome changed" in again.stdout
    told = command_line("changes", "--store", store)
    assert "span-0: unknown -> pass" in told.stdout
    said = json.loads(command_line("changes", "--format", "json", "--store", store).stdout)
    assert said["import"]["import_id"] == 2
    assert sum(each["runs"] for each in said["runs"]["flips"]) == 1


def test_reports_on_nothing_here_are_told_and_not_stored(store: Path, tmp_path: Path):
    report = tmp_path / "ids.txt"
    report.write_text("nobody\nnothing\n")
    done = command_line("verify", "--reports", report, "--store", store)
    assert (done.returncode, done.stdout) == (1, "")
    assert "none of 2 verdicts is on a run of this store ('nobody', 'nothing')" in done.stderr
    assert "Here a run is called 'span-0'" in done.stderr
    assert "import 1 " in command_line("changes", "--store", store).stdout


def test_what_names_a_run_in_a_test_report_is_said(store: Path, tmp_path: Path):
    report = tmp_path / "junit.xml"
    report.write_text('<testsuite name="s"><testcase name="span-0"/></testsuite>')
    done = command_line("verify", "--reports", report, "--store", store)
    assert done.returncode == 1
    assert "none of 1 verdict is on a run" in done.stderr
    told = "the name of a suite, or its property run_id, run, task, task_id or instance_id"
    assert told in done.stderr
    assert told in " ".join(command_line("verify", "--help").stdout.split())


def test_a_folder_of_reports_may_hold_lists_of_ids(store: Path, tmp_path: Path):
    reports = tmp_path / "reports"
    reports.mkdir()
    done = command_line("verify", "--reports", reports, "--store", store)
    assert f"{reports} holds no report (" in done.stderr
    (reports / "resolved.txt").write_text("span-0\nspan-1\n")
    done = command_line("verify", "--reports", reports, "--store", store)
    assert done.returncode == 0
    assert "2 verdicts read: 2 on 2 runs" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("verify", "--reports", "nowhere.json"), "there is no file nowhere.json"),
        (("verify", "--reports", "-"), "save it to a file first"),
        (("changes", "--import", "9"), "there is no import 9"),
    ],
)
def test_bad_input_gets_one_sentence(store: Path, arguments: tuple[str, ...], told: str):
    done = command_line(*arguments, "--store", store)
    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", [("verify", "--reports", "x.json"), ("changes",)])
def test_a_store_that_is_not_there_is_said_and_not_made(tmp_path: Path, command: tuple[str, ...]):
    done = command_line(*command, "--store", tmp_path / "none")
    assert done.returncode == 1
    assert "there is no store in" in done.stderr
    assert not (tmp_path / "none").exists()

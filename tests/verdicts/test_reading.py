"""Every kind of report is known by its content and read for what it says; what is odd is counted."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from analytics.errors import InputError
from analytics.verdicts import Report, Saying
from analytics.verdicts.reading import read
from tests.sources.samples import samples


def told(folder: Path, content: object, *, passed: bool = True, name: str = "report") -> Report:
    """Return what a report says whose content is a text, bytes, or a JSON value."""
    file = folder / name
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        file.write_text(content if isinstance(content, str) else json.dumps(content))
    return read(file, name=name, origin=str(file), passed=passed)


def outcomes(report: Report) -> dict[str, bool | None]:
    """Return id -> outcome of a report whose sayings have one clue each."""
    return {saying.clues[0].text: saying.passed for saying in report.sayings}


def only(report: Report) -> Saying:
    assert len(report.sayings) == 1, report
    return report.sayings[0]


def test_a_report_of_swe_bench_says_resolved_unresolved_and_what_broke(tmp_path: Path):
    report = told(
        tmp_path,
        {
            "resolved_instances": 1, "resolved_ids": ["a"], "unresolved_ids": ["b"],
            "empty_patch_ids": ["c"], "error_ids": ["d"], "incomplete_ids": ["e"],
        },
    )  # fmt: skip
    assert outcomes(report) == {"a": True, "b": False, "c": False, "d": None}
    assert report.format == "SWE-bench report"
    assert "1 incomplete" in report.notes[0]


def test_an_instance_in_two_lists_is_a_reject(tmp_path: Path):
    report = told(tmp_path, {"resolved_ids": ["a", "a"], "unresolved_ids": ["a"]})
    assert outcomes(report) == {"a": True}
    assert [reject.reason for reject in report.rejects] == [
        "unresolved_ids: listed as something else, too"
    ]


def test_what_a_report_counts_and_lists_differently_is_said(tmp_path: Path):
    report = told(tmp_path, {"resolved_instances": 3, "resolved_ids": ["a"]})
    assert report.notes == ("says 3 resolved_instances, and lists 1: the list counts",)


def test_the_report_of_an_instance_says_which_tests_passed(tmp_path: Path):
    tests = {"FAIL_TO_PASS": {"success": ["x"], "failure": ["y"]}}
    report = told(tmp_path, {"a": {"resolved": False, "tests_status": tests}})
    assert only(report).evidence == "FAIL_TO_PASS 1 of 2"
    assert only(report).passed is False


def test_every_sample_report_is_read_whole():
    for file in samples("vexp/**/report.json"):
        report = read(file, name=file.name, origin=str(file))
        (instance, said), *_ = json.loads(file.read_text()).items()
        assert outcomes(report) == {instance: said["resolved"]}
        assert report.rejects == ()


@pytest.mark.parametrize("content", ["a\n\n# b\nc\n", '["a", "c"]', "\ufeffa\r\nc"])
@pytest.mark.parametrize("passed", [True, False])
def test_a_list_of_ids_means_what_the_user_says(tmp_path: Path, content: str, *, passed: bool):
    report = told(tmp_path, content, passed=passed)
    assert outcomes(report) == {"a": passed, "c": passed}
    assert {saying.kind for saying in report.sayings} == {"list"}


def test_prose_is_no_list_of_ids(tmp_path: Path):
    with pytest.raises(InputError, match="no report that is known here"):
        told(tmp_path, "All of the tests passed today.\nWe are happy.\n")


@pytest.mark.parametrize(
    ("head", "row", "passed"),
    [
        ("instance_id,resolved", "a,true", True),
        ("task;passed", "a;0", False),
        ("id\toutcome", "a\tFAILED", False),
        ("Task_ID|Status", "a|success", True),
        ("task,conclusion", "a,cancelled", None),
        ("run_id,resolved,status", "a,,passed", True),
        ("run_id,merged", "a,yes", True),
    ],
)
def test_a_table_is_read_by_its_headings(
    tmp_path: Path, head: str, row: str, *, passed: bool | None
):
    saying = only(told(tmp_path, f"{head}\n{row}\n"))
    assert (saying.clues[0].text, saying.passed, saying.line) == ("a", passed, 2)


def test_a_row_that_says_neither_is_a_reject_with_its_line(tmp_path: Path):
    report = told(tmp_path, "task,outcome\na,pass\nb,wobbly\n,pass\nc\n")
    assert outcomes(report) == {"a": True}
    assert {reject.line: reject.reason for reject in report.rejects} == {
        3: "'wobbly' says neither pass nor fail",
        4: "no id (run_id, run, task, task_id, instance_id, instanceid, instance, id)",
        5: "1 cells under 2 headings",
    }


@pytest.mark.parametrize(
    "content",
    [
        [{"task": "a", "passed": True, "attempt": 2, "variant": "v"}],
        {"results": [{"task_id": "a", "success": True, "attempt": 2, "model": "v"}]},
        '{"id": "a", "outcome": "pass", "attempt": "2", "variant": "v"}\n',
    ],
)
def test_json_records_say_attempt_and_variant(tmp_path: Path, content: object):
    saying = only(told(tmp_path, content))
    assert (saying.passed, saying.attempt, saying.variant) == (True, 2, "v")


def test_a_mapping_from_ids_to_outcomes_is_read(tmp_path: Path):
    assert outcomes(told(tmp_path, {"a": True, "b": "failed"})) == {"a": True, "b": False}


def test_a_broken_line_does_not_take_the_others_with_it(tmp_path: Path):
    report = told(tmp_path, '{"task": "a", "passed": true}\n{"task": \n{"task": "b", "passed": 1}')
    assert outcomes(report) == {"a": True, "b": True}
    assert [reject.line for reject in report.rejects] == [2]


JUNIT = """<?xml version="1.0"?>
<testsuites>
 <testsuite name="first" tests="2" timestamp="2026-11-20T10:00:00">
  <properties><property name="task" value="a"/></properties>
  <testcase name="x"/><testcase name="y"><skipped/></testcase>
 </testsuite>
 <testsuite name="b"><testcase name="x"><failure>no</failure></testcase></testsuite>
 <testsuite name="c"><testcase name="x"><skipped/></testcase></testsuite>
 <testsuite name="d" tests="3" errors="1" failures="0"/>
</testsuites>"""


def test_suites_of_junit_are_named_by_a_property_else_by_their_name(tmp_path: Path):
    report = told(tmp_path, JUNIT)
    assert outcomes(report) == {"a": True, "b": False, "c": None, "d": False}
    assert report.sayings[0].evidence == "1 of 1 tests passed (1 skipped)"
    assert report.sayings[0].found_at == datetime(2026, 11, 20, 10)


def test_a_property_of_the_whole_report_takes_all_suites_together(tmp_path: Path):
    report = told(
        tmp_path,
        '<testsuites><properties><property name="run_id" value="r"/></properties>'
        '<testsuite name="x"><testcase/></testsuite>'
        '<testsuite name="y"><testcase><error/></testcase></testsuite></testsuites>',
    )
    assert outcomes(report) == {"r": False}
    assert only(report).clues[0].names == "run"


@pytest.mark.parametrize(
    "content",
    [
        '<!DOCTYPE x [<!ENTITY a "b">]><testsuite name="a"/>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd"><testsuite name="a"/>',
        "<testsuite name='a'>" + "<x>" * 5_000,
        "<testsuite name='a'><testcase>",
        "<html><body>no report</body></html>",
        b"<testsuite name='\xff\xfe'/>",
    ],
)
def test_hostile_xml_is_one_reject_and_nothing_said(tmp_path: Path, content: str | bytes):
    report = told(tmp_path, content)
    assert report.sayings == ()
    assert len(report.rejects) == 1


@pytest.mark.parametrize(
    "content",
    [
        "[" * 100_000,
        '{"a": ' * 50_000,
        '{"resolved_ids": [null, true, {}, "", "\\u0000", 1.5, "' + "x" * 3_000 + '"]}',
        '[{"task": {"a": 1}, "passed": true}]',
        'task,passed\n"a,true\n',
        "task,passed\n" + '"' + "x" * 200_000,
    ],
)
def test_hostile_text_is_rejected_and_counted(tmp_path: Path, content: str):
    report = told(tmp_path, content)
    assert report.sayings == ()
    assert report.rejects


@pytest.mark.parametrize("content", [b"\x00\x01\xff\xfe\x80", "{}", "[]", '{"a": {"b": 1}}'])
def test_what_is_no_report_is_refused_in_one_sentence(tmp_path: Path, content: str | bytes):
    with pytest.raises(InputError, match="Nothing was read from it"):
        told(tmp_path, content)


def test_steps_of_a_trace_are_no_verdicts(tmp_path: Path):
    with pytest.raises(InputError, match="no report that is known here"):
        told(tmp_path, [{"id": "run-17", "trace_id": "t", "status": "ok"}])


def test_secrets_in_evidence_are_taken_out(tmp_path: Path):
    secret = "ghp_" + "a1B2" * 9
    content = {"number": 1, "title": f"run-17 {secret}", "merged": True, "state": "closed"}
    assert secret not in (only(told(tmp_path, content)).evidence or "")


GITHUB = {
    "number": 7, "title": "Fix the cart", "body": "Run: run-17", "state": "closed",
    "merged_at": "2026-11-20T10:00:00Z", "head": {"ref": "agent/run-17", "sha": "a" * 40},
}  # fmt: skip


@pytest.mark.parametrize(
    ("content", "passed"),
    [
        (GITHUB, True),
        ({"action": "closed", "pull_request": {**GITHUB, "merged": True}}, True),
        ({**GITHUB, "merged_at": None}, False),
        ({**GITHUB, "merged_at": None, "state": "open"}, None),
        ([{"title": "x", "headRefName": "agent/run-17", "state": "MERGED", "mergedAt": "x"}], True),
        (
            {
                "object_kind": "merge_request",
                "object_attributes": {
                    "state": "merged", "source_branch": "agent/run-17", "title": "x", "iid": 3,
                },
            },
            True,
        ),
    ],
)  # fmt: skip
def test_a_merge_is_told_by_github_and_gitlab(
    tmp_path: Path, content: object, *, passed: bool | None
):
    saying = only(told(tmp_path, content))
    assert (saying.kind, saying.passed) == ("merge", passed)
    assert "run-17" in {clue.text for clue in saying.clues}


@pytest.mark.parametrize(
    ("content", "passed"),
    [
        ({"workflow_runs": [{"head_sha": "b" * 40, "status": "completed",
                             "conclusion": "success", "name": "tests"}]}, True),
        ([{"headSha": "b" * 40, "conclusion": "failure", "workflowName": "tests"}], False),
        ([{"id": 5, "sha": "b" * 40, "ref": "agent/run-17", "status": "running"}], None),
        ({"jobs": [{"run_id": 99, "head_sha": "b" * 40, "conclusion": "timed_out"}]}, False),
        ("head_sha,conclusion\n" + "b" * 40 + ",success\n", True),
    ],
)  # fmt: skip
def test_ci_is_told_by_github_and_gitlab(tmp_path: Path, content: object, *, passed: bool | None):
    saying = only(told(tmp_path, content))
    assert (saying.kind, saying.passed) == ("ci", passed)
    assert saying.clues[0].names == "commit"


def test_a_skipped_check_says_nothing(tmp_path: Path):
    report = told(tmp_path, [{"head_sha": "b" * 40, "conclusion": "skipped", "name": "deploy"}])
    assert report.sayings == report.rejects == ()


@pytest.mark.parametrize(
    "name", ["failed.txt", "ids-unresolved.json", "not_fixed.txt", "Errors.txt"]
)
def test_a_list_whose_name_says_otherwise_is_not_read_as_passed(tmp_path: Path, name: str):
    file = tmp_path / name
    file.write_text('["a", "b"]' if name.endswith("json") else "a\nb\n")
    with pytest.raises(InputError, match=r"its name says .* while --outcome says pass"):
        read(file, name=name, origin="o")
    assert {each.passed for each in read(file, name=name, origin="o", passed=False).sayings} == {
        False
    }


@pytest.mark.parametrize("name", ["resolved.txt", "failover-fixed.txt", "passed.txt"])
def test_other_names_of_lists_say_nothing(tmp_path: Path, name: str):
    file = tmp_path / name
    file.write_text("a\nb\n")
    assert {each.passed for each in read(file, name=name, origin="o").sayings} == {True}

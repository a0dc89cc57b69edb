"""Reports of the SWE-bench harness: each instance is one run, in whichever reports it is named."""

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.sources.imported import bring, rows, runs
from tests.sources.samples import samples

LISTS = {
    "submitted": ["a__b-1", "a__b-2", "a__b-3", "a__b-4", "a__b-5"],
    "completed": ["a__b-1", "a__b-2"],
    "resolved": ["a__b-1"],
    "unresolved": ["a__b-2"],
    "empty_patch": ["a__b-3"],
    "error": ["a__b-4"],
}
FACTS = "task", "outcome_verified", "error_kind", "variant", "batch"


def evaluation(**changes: object) -> dict[str, object]:
    told: dict[str, object] = {
        "total_instances": 6,
        "schema_version": 2,
        "incomplete_ids": ["a__b-6"],
    }
    for name, ids in LISTS.items():
        told |= {f"{name}_instances": len(ids), f"{name}_ids": ids}
    return told | changes


def instance(resolved: object = True, passed: int = 3, failed: int = 0) -> dict[str, object]:
    tests = {
        "FAIL_TO_PASS": {"success": ["t"] * passed, "failure": ["t"] * failed},
        "PASS_TO_PASS": {"success": ["u", "v"], "failure": []},
        "FAIL_TO_FAIL": {"success": [], "failure": ["w"]},
    }
    applied = {"patch_is_None": False, "patch_exists": True, "patch_successfully_applied": True}
    return {**applied, "resolved": resolved, "tests_status": tests}


def write(path: Path, told: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told))
    # Reports hold no times: the date of the file stands for them.
    os.utime(path, (1_780_000_000, 1_780_000_000))
    return path


def harness(folder: Path, variant: str, instance_id: str, told: object) -> Path:
    run = folder / "logs" / "run_evaluation" / "nightly" / variant / instance_id
    return write(run / "report.json", {instance_id: told})


def outcomes(read, told: object, name: str, folder: Path) -> dict[str, tuple]:
    found = read.file(write(folder / name, told), "swe-bench")
    facts = [json.loads(row["output"]) for row in found.rows if row["op"] == "record.run"]
    return {fact["task"]: (fact.get("passed"), fact.get("error_kind")) for fact in facts}


def test_what_a_report_lists_is_what_became_of_each_instance(read, tmp_path):
    assert outcomes(read, evaluation(), "agent-1.nightly.json", tmp_path) == {
        "a__b-1": (True, None),
        "a__b-2": (False, None),
        "a__b-3": (False, None),
        "a__b-4": (None, "infra"),
        "a__b-5": (None, None),
    }


def test_the_report_and_those_of_its_instances_are_one_run_each(tmp_path):
    report = write(tmp_path / "gpt-4.1.nightly.json", evaluation())
    of_one = harness(tmp_path, "gpt-4.1", "a__b-2", instance(resolved=False, failed=1))
    stores = [tmp_path / "there", tmp_path / "back"]
    for store, paths in zip(stores, ([report, of_one], [of_one, report]), strict=True):
        for path in paths:
            bring(store, path)
        again = bring(store, *paths)
        assert (again.written.new, again.written.changed) == (0, 0)
    columns = *FACTS, "tests_total", "tests_passed", "status", "duration_s", "repo"
    there, back = (sorted(runs(store, *columns), key=repr) for store in stores)
    assert there == back
    assert len(there) == 5
    second = there[1]
    assert (second["task"], second["tests_total"], second["tests_passed"]) == ("a__b-2", 6, 5)
    assert {run["outcome_verified"] for run in there} == {"pass", "fail", None}
    assert {run["variant"] for run in there} == {"gpt-4.1"}
    assert {run["repo"] for run in there} == {"a/b"}
    assert {run["duration_s"] for run in there} == {None}
    (series,) = rows(
        stores[0], "batches", ["batch", "runs_stated", "passed_stated", "errors_stated"]
    )
    assert tuple(series.values()) == ("gpt-4.1.nightly", 5, 1, 1)


def test_stated_totals_that_differ_from_the_lists_are_told(read, tmp_path):
    told = evaluation(resolved_instances=2)
    found = read.file(write(tmp_path / "agent.nightly.json", told), "swe-bench")
    assert "it states 2 resolved_instances, and lists 1." in found.notes
    assert any(
        note.startswith("1 instances of the dataset were not submitted") for note in found.notes
    )
    plain = read.file(write(tmp_path / "agent.nightly.json", evaluation()), "swe-bench")
    assert not any("states" in note for note in plain.notes)


def test_an_instance_in_two_lists_has_no_outcome(read, tmp_path):
    told = evaluation(unresolved_ids=["a__b-1", "a__b-2"])
    assert outcomes(read, told, "agent.nightly.json", tmp_path)["a__b-1"] == (None, None)


def test_entries_that_are_no_ids_are_rejects_and_ids_named_twice_one_run(read, tmp_path):
    told = evaluation(error_ids=["a__b-4", 7, "", "a__b-4"], completed_ids="all")
    found = read.file(write(tmp_path / "agent.nightly.json", told), "swe-bench")
    assert sorted(reject.reason for reject in found.rejects) == [
        "an entry of error_ids is no id",
        "an entry of error_ids is no id",
        "completed_ids is not a list",
    ]
    assert sum(row["op"] == "record.run" for row in found.rows) == 5
    assert any("twice" in note for note in found.notes)


def test_a_report_of_another_name_invents_no_variant(read, tmp_path):
    path = write(tmp_path / "report.json", evaluation())
    moved = Path(shutil.copy(path, write(tmp_path / "elsewhere" / "mine.json", {})))
    first, second = (read.file(each, "swe-bench") for each in (path, moved))
    assert {row["agent"] for row in first.rows} == {None}
    assert [row["span_id"] for row in first.rows] == [row["span_id"] for row in second.rows]
    assert any("whose patches were tested is unknown" in note for note in first.notes)


def test_a_report_of_one_instance_is_the_same_wherever_it_stands(read, tmp_path):
    paths = [write(tmp_path / name, {"a__b-1": instance()}) for name in ("x.json", "deep/y.json")]
    assert len({read.file(path, "swe-bench").rows[0]["span_id"] for path in paths}) == 1


@pytest.mark.parametrize("told", [{}, "nothing", instance(resolved="yes")])
def test_a_report_that_does_not_say_whether_it_is_resolved_is_a_reject(read, told):
    found = read(json.dumps({"a__b-1": told, "a__b-2": instance()}), "swe-bench")
    assert len(found.rows) == 1
    assert "no report that says" in found.reasons[1]


def test_reports_without_tests_count_none(read):
    told = instance()
    del told["tests_status"]
    facts = json.loads(read(json.dumps({"a__b-1": told}), "swe-bench").rows[0]["output"])
    assert "tests_total" not in facts


def test_the_independent_reports_of_the_samples(read):
    found = [read.file(path, "swe-bench") for path in samples("vexp/**/report.json")]
    facts = [json.loads(row["output"]) for each in found for row in each.rows]
    assert not any(each.rejects for each in found)
    assert (len(facts), sum(fact["passed"] for fact in facts)) == (98, 73)
    assert len({row["span_id"] for each in found for row in each.rows}) == 98
    assert {fact["variant"] for fact in facts} == {"vexp-swebench-1774184993333"}
    # A resolved instance is one whose deciding tests all passed.
    assert all((fact["tests_passed"] == fact["tests_total"]) == fact["passed"] for fact in facts)

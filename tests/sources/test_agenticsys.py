"""AgenticSys: two generations, the same run in many files, numbers that are zero because nobody counted."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sources.conftest import Read, lines_of
from tests.sources.imported import bring, rows
from tests.sources.records import VALUES

GOLDEN = Path(__file__).parent / "golden"
JSON, CSV = GOLDEN / "agenticsys-json", GOLDEN / "agenticsys-csv"
RUN = "run_20251005_180000_project_7"
STUCK = "run_20251006_090000_project_7"


def output(row: dict[str, Any]) -> dict[str, Any]:
    return json.loads(row["output"])


def of(found: Read, op: str) -> list[dict[str, Any]]:
    return [row for row in found.rows if row["op"] == op]


def spans(found: Read) -> dict[str, str]:
    return {row["span_id"]: row["op"] for row in found.rows}


@pytest.fixture
def golden(read, tmp_path_factory):
    def take(path: Path) -> Read:
        name = "agenticsys-csv" if path.suffix == ".csv" else "agenticsys-json"
        return read.file(path, name, tmp_path_factory.mktemp("out"))

    return take


def everything() -> list[Path]:
    found = (path for path in GOLDEN.glob("agenticsys-*/**/*") if path.suffix in (".json", ".csv"))
    return sorted(found)


@pytest.mark.parametrize("path", everything(), ids=lambda path: str(path.relative_to(GOLDEN)))
def test_a_file_read_twice_gives_the_same_spans_and_no_reject(golden, path):
    first, again = golden(path), golden(path)
    assert first == again
    assert first.rejects == ()
    assert len(spans(first)) == len(first.rows)
    assert {row["trace_id"] for row in first.rows} <= {RUN, STUCK}


STORED = ("batch", "state", "ended_at", "runs_stated", "passed_stated", "failed_stated")


def stored(store: Path) -> list[Any]:
    batches = rows(store, "batches", STORED)
    columns = ("run_id", "task", "status", "outcome_claimed", "retries", "pipelines_failed")
    return [batches, sorted(rows(store, "runs", columns), key=lambda run: run["run_id"])]


def test_what_was_written_on_the_way_changes_nothing_of_the_report_in_any_order(tmp_path):
    reports = (JSON / f"{RUN}_final.json", JSON / "issue_3_report.json")
    before = (JSON / f"{RUN}_metadata.json", JSON / "issue_3_metrics.json")
    bring(tmp_path / "alone", *reports)
    expected = stored(tmp_path / "alone")
    for name, first, then in (("late", reports, before), ("early", before, reports)):
        bring(tmp_path / name, *first)
        bring(tmp_path / name, *then)
        assert stored(tmp_path / name) == expected, name
    bring(tmp_path / "at-once", *before, *reports)
    assert stored(tmp_path / "at-once") == expected


def test_importing_twice_changes_nothing(tmp_path):
    bring(tmp_path / "store", JSON, CSV)
    again = bring(tmp_path / "store", JSON, CSV)
    assert (again.written.new, again.written.changed) == (0, 0)


def shared(row: dict[str, Any]) -> dict[str, Any]:
    """What one row says that another generation may say too."""
    said = output(row)
    facts = {f"output.{key}": value for key, value in said.items() if value is not None}
    names = ("op", "parent_id", "project", "agent", "tool", "status", "ended_at", "started_at")
    return facts | {name: row[name] for name in names}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (JSON / f"{RUN}_final.json", JSON / RUN / "final_report.json"),
        (JSON / f"{RUN}_final.json", CSV / "v1" / "runs.csv"),
        (JSON / "issue_3_report.json", JSON / RUN / "final_report.json"),
        (JSON / "issue_3_report.json", JSON / "issue_3_report_v2.json"),
        (JSON / "issue_3_report.json", CSV / "v1" / "issues.csv"),
        (CSV / "v1" / "issues.csv", CSV / "v2" / "issues.csv"),
        (CSV / "v1" / "runs.csv", CSV / "v2" / "runs.csv"),
        (JSON / RUN / "final_report.json", CSV / "v2" / "runs.csv"),
        (JSON / RUN / "final_report.json", CSV / "v2" / "issues.csv"),
        (JSON / RUN / "final_report.json", CSV / "v2" / "tool_usage.csv"),
        (JSON / RUN / "final_report.json", CSV / "v2" / "agents.csv"),
        (JSON / RUN / "final_report.json", CSV / "v2" / "pipelines.csv"),
        (JSON / RUN / "final_report.json", CSV / "v2" / "debugging_cycles.csv"),
        (JSON / RUN / "final_report.json", CSV / "v2" / "errors.csv"),
        (CSV / "first" / "issues.csv", CSV / "v1" / "issues.csv"),
    ],
    ids=lambda path: str(path.relative_to(GOLDEN)),
)
def test_two_files_agree_on_what_both_of_them_say(golden, one, other):
    left, right = golden(one), golden(other)
    both = set(spans(left)) & set(spans(right))
    assert both
    # A report of the first generation knows when an agent's issue began, not when the agent did, and
    # when a pipeline was seen, not when it began.
    loose = {"started_at", "ended_at"}
    for span_id in both:
        said, also = shared(left.row(span_id)), shared(right.row(span_id))
        known = set(said) & set(also)
        if said["op"] in ("record.agent", "record.pipeline"):
            known -= loose
        assert {key: said[key] for key in known} == {key: also[key] for key in known}


def test_every_row_of_a_table_is_a_span_of_the_nested_report(golden):
    report = spans(golden(JSON / RUN / "final_report.json"))
    tables = [golden(path) for path in (CSV / "v2").glob("*.csv")]
    told = {span_id: op for table in tables for span_id, op in spans(table).items()}
    assert told == report


def test_attempts_and_calls_add_up_to_their_sums(golden):
    found = golden(JSON / RUN / "final_report.json")
    for agent in of(found, "record.agent"):
        own = [row for row in of(found, "record.attempt") if row["parent_id"] == agent["span_id"]]
        said = output(agent)
        assert said["attempts"] == len(own) == said["successes"] + said["failures"]
        lengths = [(row["ended_at"] - row["started_at"]).total_seconds() for row in own]
        assert said["total_s"] == pytest.approx(sum(lengths))
    (read_file,) = [r for r in of(found, "record.tool") if r["tool"] == "read_file"]
    assert output(read_file) == {
        "calls": 7,
        "successes": 6,
        "failures": 1,
        "total_s": pytest.approx(0.35),
    }
    run = next(r for r in of(found, "record.run") if r["display_name"] == "issue 3")
    attempts = of(found, "record.attempt")
    assert run["cost_usd"] == pytest.approx(sum(a["cost_usd"] or 0 for a in attempts))
    used = [a["input_tokens"] or 0 for a in attempts] + [a["output_tokens"] or 0 for a in attempts]
    assert output(run)["total_tokens"] == sum(used)


def test_the_whole_run_in_the_store_whichever_files_tell_it(tmp_path):
    for name, paths in {
        "v1": [
            *(JSON / f"issue_{number}_report.json" for number in (3, 4)),
            *(JSON / f"issue_{number}_metrics.json" for number in (3, 5)),
            JSON / f"{RUN}_final.json",
            CSV / "v1",
        ],
        "v2": [JSON / RUN, CSV / "v2"],
    }.items():
        store = tmp_path / name
        bring(store, *paths)
        (batch,) = rows(store, "batches", STORED)
        assert batch == {
            "batch": RUN,
            "state": "finished",
            "ended_at": datetime(2025, 10, 5, 19, 0, 0, 250_000),
            "runs_stated": 3,
            "passed_stated": 2,
            "failed_stated": 1,
        }
        columns = ("task", "batch", "outcome_claimed", "outcome", "state", "retries", "agent")
        columns += ("pipeline_attempts", "pipelines_passed", "debugging_resolved", "duration_s")
        found = {run["task"]: run for run in rows(store, "runs", columns)}
        assert list(sorted(found)) == ["7/3", "7/4", "7/5"]
        assert found["7/3"] == {
            "task": "7/3",
            "batch": RUN,
            "outcome_claimed": "pass",
            "outcome": "pass",
            "state": "finished",
            "retries": 2,
            "agent": "AgenticSys",
            "pipeline_attempts": 2,
            "pipelines_passed": 1,
            "debugging_resolved": 1,
            "duration_s": 2520.0,
        }
        assert (found["7/4"]["outcome"], found["7/4"]["pipelines_passed"]) == ("fail", 0)
        assert (found["7/5"]["state"], found["7/5"]["outcome_claimed"]) == ("abandoned", None)
        agents = rows(store, "agent_runs", ("agent", "calls_count", "errors_count", "duration_s"))
        review = next(row for row in agents if row["agent"] == "review")
        assert (review["calls_count"], review["errors_count"]) == (3, 3)
        assert review["duration_s"] == 300.0
        assert rows(store, "conflicts", ("kind", "one_says")) == [
            {"kind": "agent failed, run passed", "one_says": "review: failed 3x"}
        ]


def test_failed_issues_that_hold_the_errors_are_not_taken_and_it_is_said(golden):
    found = golden(CSV / "v1" / "runs.csv")
    assert output(found.rows[0])["runs_failed"] == 1
    assert output(found.rows[0])["errors"] == 4
    assert "failed_issues" in found.notes[-1]
    assert "failed_issues" not in " ".join(golden(CSV / "v2" / "runs.csv").notes)


def test_zeros_that_nobody_counted_are_unknown_and_counted_ones_are_zero(golden):
    run, failed = golden(CSV / "v1" / "issues.csv").rows
    unknown = ("complexity", "tool_calls", "first_time_right", "files_created", "commits")
    assert [output(run)[name] for name in (*unknown, "coverage")] == [None] * 6
    assert [run[name] for name in ("input_tokens", "output_tokens", "cost_usd")] == [None] * 3
    counted = ("pipeline_attempts", "debugging_cycles", "errors", "retries")
    assert [output(failed)[name] for name in counted] == [0] * 4
    newer = golden(CSV / "v2" / "issues.csv").rows[0]
    assert (output(newer)["files_deleted"], output(newer)["coverage"]) == (0, 0.815)
    assert output(newer)["first_time_right"] is False


def test_a_table_of_its_first_line_alone_is_no_reject_but_a_note(golden):
    names = ("agents", "pipelines", "debugging_cycles", "errors", "tool_usage")
    for name in names:
        found = golden(CSV / "v1" / f"{name}.csv")
        assert (found.rows, found.rejects) == ([], ())
        assert found.notes == (
            f"table {name} holds its first line alone: nothing was recorded in it.",
        )


def test_a_run_that_never_got_on_stays_running_with_an_unknown_model(golden):
    (row,) = golden(JSON / f"{STUCK}_metadata.json").rows
    assert (row["status"], row["ended_at"], row["detail"]) == ("running", None, 0)
    said = json.loads(row["attributes"])
    assert [said[name] for name in ("provider", "model", "temperature")] == [None] * 3
    assert said["mode"] == "single_issue"
    started = json.loads(golden(JSON / f"{RUN}_metadata.json").rows[0]["attributes"])
    assert (started["model"], started["temperature"]) == ("deepseek-chat", 0.0)


def test_a_pipeline_passes_for_itself_alone(golden):
    failed, passed = of(golden(JSON / "issue_3_report.json"), "record.pipeline")
    assert [output(row)["passed"] for row in (failed, passed)] == [False, True]
    assert "passed" not in output(of(golden(JSON / "issue_3_report.json"), "record.run")[0])
    newer, _ = of(golden(CSV / "v2" / "pipelines.csv"), "record.pipeline")
    assert output(newer)["failed_jobs"] == ["unit", "lint"]


def test_times_without_a_zone_are_said_to_be_taken_for_utc(golden):
    assert (
        "its times name no zone: they are taken for UTC." in golden(CSV / "v1" / "runs.csv").notes
    )


def table(*lines: str) -> str:
    return "\n".join(lines) + "\n"


AGENTS = (CSV / "v1" / "agents.csv").read_text("utf-8").strip()
TOOLS = (CSV / "v1" / "tool_usage.csv").read_text("utf-8").strip()
RUNS = (CSV / "v1" / "runs.csv").read_text("utf-8").splitlines()


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        (table(AGENTS, "a,b"), {2: "2 values under 12 columns"}),
        (table(AGENTS, ",3,coding,1,,,,,,,,"), {2: "run_id is missing"}),
        (table(AGENTS, f"{RUN},3,,1,,,,,,,,"), {2: "the agent has no name"}),
        (table(TOOLS, f"{RUN},3,coding,,1,1,0,1,1"), {None: "tool_name is missing"}),
        (table("a,b", "1,2"), {1: "its first line is that of no table of AgenticSys"}),
        ("", {1: "its first line is that of no table of AgenticSys"}),
    ],
)
def test_rows_that_cannot_be_used_are_rejects(read, text, reasons):
    found = read(text, "agenticsys-csv")
    assert (found.rows, found.reasons) == ([], reasons)


def test_hostile_rows_become_unknown_values_not_numbers(read):
    cells = [RUN, "é<script>", "coding", "x", "soon", "2025-13-45", "nan", "maybe", "-1", "1e400"]
    (row, together) = read(
        table(AGENTS, ",".join([*cells, "9" * 30, "'; DROP TABLE"])), "agenticsys-csv"
    ).rows
    assert row["started_at"] == datetime(2025, 10, 5, 18)
    assert row["ended_at"] is None
    assert output(row) == dict.fromkeys(output(row))
    assert output(together)["successes"] == output(together)["failures"] == 0
    assert output(together)["total_s"] is None


def test_rows_of_one_generation_below_the_first_line_of_the_other_are_rejects(read):
    newer = (CSV / "v2" / "runs.csv").read_text("utf-8").splitlines()
    found = read(table(RUNS[0], RUNS[1], newer[1]), "agenticsys-csv")
    assert len(found.rows) == 1
    assert found.reasons == {3: "24 values under 16 columns"}


def test_a_table_that_was_written_to_twice_counts_once_and_it_is_said(read):
    newer = (CSV / "v2" / "agents.csv").read_text("utf-8").splitlines()
    once = read(table(*newer), "agenticsys-csv")
    twice = read(table(*newer, *newer[1:]), "agenticsys-csv")
    assert twice.rows == once.rows
    assert "7 records say again" in " ".join(twice.notes)


def test_an_id_may_be_a_number(read):
    report = json.loads((JSON / "issue_4_report.json").read_text("utf-8"))
    named = read(json.dumps(report | {"issue_id": "4"}), "agenticsys-json")
    counted = read(json.dumps(report | {"issue_id": 4.0}), "agenticsys-json")
    assert named.rows[0]["span_id"] == counted.rows[0]["span_id"]


REPORTS = [json.loads(path.read_text("utf-8")) for path in sorted(JSON.rglob("*.json"))]


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_reports_with_anything_in_them_are_read_or_rejected(read, data):
    changed = []
    for report in data.draw(st.lists(st.sampled_from(REPORTS), min_size=1, max_size=6)):
        names = data.draw(st.lists(st.sampled_from(sorted(report)), min_size=1, max_size=4))
        changed.append(report | {name: data.draw(VALUES) for name in names})
    found = read(lines_of(changed), "agenticsys-json")
    assert found.rows or found.rejects


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_table_with_anything_in_it_is_read_or_rejected(read, data):
    path = data.draw(st.sampled_from(sorted(CSV.rglob("*.csv"))))
    first = path.read_text("utf-8").splitlines()[0]
    cells = st.sampled_from(["", RUN, "3", "2025-10-05T18:00:00", "0", "nan", '"', "\r", "é", "x,"])
    text = data.draw(st.lists(cells, min_size=1, max_size=30).map(",".join))
    found = read(table(first, text), "agenticsys-csv")
    assert found.rows or found.rejects or found.notes


def test_a_stated_rate_that_its_counts_do_not_come_to_is_told(read):
    report = json.loads((JSON / f"{RUN}_final.json").read_text("utf-8"))
    found = read(json.dumps(report | {"success_rate": 50.0}), "agenticsys-json")
    assert "a run states a success rate of 50% and 2 of 3 issues." in found.notes
    assert output(found.rows[0])["success_rate"] == 0.5


@pytest.mark.parametrize("coverage", ["0.0", "0.85", "85.0"])
def test_a_coverage_that_may_be_a_share_or_a_percentage_is_unknown(read, coverage):
    head, first, _ = (CSV / "v1" / "issues.csv").read_text("utf-8").splitlines()
    found = read(table(head, first.rpartition(",")[0] + "," + coverage), "agenticsys-csv")
    assert output(found.rows[0])["coverage"] == (0.85 if coverage == "85.0" else None)
    assert ("test_coverage of 1 or less" in " ".join(found.notes)) == (coverage == "0.85")

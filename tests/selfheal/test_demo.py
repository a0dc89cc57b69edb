"""The bundled traces hold what their README and their plan say."""

import json
import re
from collections import Counter
from datetime import datetime

import pytest
from record_demo import DEMO, TRACES, Call, moved, op_of, outcomes, read, run_of, table
from selfheal.plan import DAYS, LAST_DAY, Planned, plan, times


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    return read()


def planned_as(end: str) -> set[tuple[str, str, int]]:
    return {(each.task, each.variant, each.attempt) for each in plan() if each.end == end}


def test_the_plan_names_no_run_twice():
    runs = [(each.task, each.variant, each.attempt) for each in plan()]
    assert len(runs) == len(set(runs)) >= 130
    assert {each.variant for each in plan()} == {"v1-blind", "v2-ranked", "v3-learned"}
    assert Counter(each.end for each in plan()) == {
        "normal": len(runs) - 4,
        "killed": 3,
        "orphaned": 1,
    }


def test_times_are_in_order_and_within_the_month():
    starts = times(500)
    assert starts == sorted(starts)
    assert times(500) == starts
    assert starts[-1].date() == LAST_DAY.date()
    assert (LAST_DAY - starts[0]).days < DAYS


def test_every_planned_run_is_there(calls: list[Call]):
    runs = {run_of(each) for each in calls}
    assert runs == {(each.task, each.variant, each.attempt) for each in plan()}


def test_runs_follow_the_plan_in_time(calls: list[Call]):
    first: dict[tuple[str, str, int], str] = {}
    for call in calls:
        first.setdefault(run_of(call), call["started_at"])
    in_time = [Planned(*each).task for each in sorted(first, key=lambda run: first[run])]
    assert in_time == [each.task for each in plan()]


def test_only_runs_that_were_killed_lack_calls(calls: list[Call]):
    ids = {each["id"] for each in calls}
    assert len(ids) == len(calls)
    lacking = {run_of(c) for c in calls if c["parent_id"] and c["parent_id"] not in ids}
    assert planned_as("orphaned") <= lacking <= planned_as("orphaned") | planned_as("killed")
    rooted = {run_of(call) for call in calls if op_of(call) == "Orchestrator.run"}
    assert rooted == {run_of(call) for call in calls} - planned_as("orphaned")


def test_only_killed_runs_are_running(calls: list[Call]):
    running = {run_of(c) for c in calls if c["summary"]["weave"]["status"] == "running"}
    assert running == planned_as("killed")
    for call in calls:
        if call["ended_at"] is None:
            assert op_of(call) == "Orchestrator.run"
        else:
            started, ended = (datetime.fromisoformat(call[at]) for at in ("started_at", "ended_at"))
            assert 0 <= (ended - started).total_seconds() < 600


def test_every_state_happened(calls: list[Call]):
    said = [c["output"] for c in calls if op_of(c) == "Orchestrator.run" and c["output"]]
    fixed = [each for each in said if each["status"] == "fixed"]
    assert {each["first_try"] for each in fixed} == {True, False}
    assert {each["status"] for each in said} == {"fixed", "gave_up", "nothing_to_fix"}
    ended = {(claimed, accepted) for *_, claimed, accepted in outcomes(calls)}
    assert {(True, True), (True, False), (False, False), (None, None)} <= ended
    recovered = [c for c in calls if op_of(c) == "tool.apply_patch" and c["exception"]]
    assert len(recovered) >= 3
    diagnosed = [c["output"]["bug_type"] for c in calls if op_of(c) == "TriageAgent.diagnose"]
    assert set(diagnosed) == {"UI_BUG", "BACKEND_ERROR", "DATA_ERROR", "TEST_FLAKY"}
    hits = [c["output"]["knowledge_base_hit"] for c in calls if "generate_patch" in c["op_name"]]
    assert set(hits) == {True, False}


def test_later_versions_accept_more(calls: list[Call]):
    share: dict[str, list[bool]] = {}
    for _, variant, attempt, _, accepted in outcomes(calls):
        if attempt == 1:
            share.setdefault(variant, []).append(bool(accepted))
    blind, ranked, learned = (sum(share[each]) for each in sorted(share))
    assert blind < ranked <= learned


def test_the_readme_holds_the_table_of_outcomes(calls: list[Call]):
    text = (DEMO / "README.md").read_text(encoding="utf-8")
    assert table(calls, plan()) in text
    assert f"{len(calls)} calls of {len(plan())} runs" in text


def test_no_machine_can_be_told_from_the_traces(calls: list[Call]):
    text = json.dumps(calls, ensure_ascii=False)
    assert not re.search(r'(?:^|[\s"(])/(?:home|root|tmp|usr|var|opt|work|Users)/', text)
    assert not re.search(r"sys_version|os_name|os_release|127\.0\.0\.1|localhost", text)
    assert {each["wb_user_id"] for each in calls} == {"demo"}


def test_no_tokens_are_invented(calls: list[Call]):
    assert not any(each["summary"].get("usage") for each in calls)


def test_the_file_is_small_and_its_bytes_depend_on_nothing_else():
    raw = TRACES.read_bytes()
    assert len(raw) < 1_500_000
    assert raw[4:8] == b"\0\0\0\0"


def test_moving_keeps_microseconds():
    by = LAST_DAY - datetime.fromisoformat("2026-11-19T00:00:00Z")
    assert moved("2026-11-01T10:00:00.000001Z", by) == "2026-11-02T10:00:00.000001Z"
    assert moved("2026-11-01T10:00:00Z", by) == "2026-11-02T10:00:00.000000Z"
    assert moved(None, by) is None

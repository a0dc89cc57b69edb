"""What reports say of runs: which of them counts, and that saying it twice changes nothing."""

import json
from collections.abc import Iterator, Sequence
from itertools import combinations, permutations
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import pytest

from analytics.store import verdicts
from analytics.store.verdicts import Verified
from analytics.verdicts import KINDS, Kind
from analytics.verdicts.matching import By
from analytics.verdicts.reading import read
from tests.chain import NOW, Raw, bring, filled, reading, rows, stored
from tests.golden.make import calls
from tests.golden.steps import PATCH, RUN, failing, start

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

STATES = ("fixed_at_first_try", "given_up", "no_tests", "claim_refuted", "running", "abandoned")

Store = tuple["DuckDBPyConnection", Path]


@pytest.fixture(scope="module")
def template(empty_store: Path) -> Iterator[Path]:
    with filled(empty_store, [call for state in STATES for call in calls(state)]) as store:
        yield store


@pytest.fixture
def store(template: Path) -> Iterator[Store]:
    """A store with a run in each of some states; run and task are called alike."""
    with stored(template) as opened:
        yield opened


def report(
    store: Store, content: object, name: str = "report.json", by: By | None = None
) -> Verified:
    """Take in one report, as a file of this name."""
    con, folder = store
    file = folder.parent / name
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    found = read(file, name=name, origin=str(file))
    told = verdicts.Reported(
        asked=name, reports=[found], rejects=(), by=by, now=NOW, began=perf_counter()
    )
    return verdicts.write(con, told)


def outcomes(store: Store) -> dict[str, str]:
    """Return task -> outcome."""
    with reading(store[1]) as con:
        return dict(con.sql("SELECT task, outcome FROM runs").fetchall())


def conflicts(store: Store) -> list[tuple[Any, ...]]:
    with reading(store[1]) as con:
        return con.sql(
            "SELECT task, kind, one_says, outcome FROM conflicts ORDER BY ALL"
        ).fetchall()


def as_kind(kind: Kind, task: str, *, passed: bool | None) -> object:
    """Return a report of one kind of evidence that names a task."""
    match kind:
        case "merge":
            state = {True: "merged", False: "closed", None: "opened"}[passed]
            return {"state": state, "source_branch": f"agent/{task}", "title": "x"}
        case "ci":
            said = {True: "success", False: "failure", None: "cancelled"}[passed]
            return [{"head_sha": "f" * 40, "head_branch": f"agent/{task}", "conclusion": said}]
        case "tests":
            return [{"task": task, "resolved": passed}]
        case "list":
            return [task]


def test_a_report_counts_before_what_the_run_says_of_itself(store: Store):
    before = outcomes(store)
    assert (before["fixed_at_first_try"], before["given_up"]) == ("pass", "fail")
    report(store, {"fixed_at_first_try": False, "given_up": True, "abandoned": True})
    after = outcomes(store)
    assert (after["fixed_at_first_try"], after["given_up"]) == ("fail", "pass")
    assert after["abandoned"] == "pass"
    assert after["running"] == before["running"] == "unknown"


def test_the_same_report_twice_changes_nothing(store: Store):
    told = {"given_up": True, "fixed_at_first_try": None, "elsewhere": False}
    first = report(store, told)
    assert (first.new, first.matched, first.unmatched) == (3, 2, ("elsewhere",))
    known = rows(store[0], "verdicts"), rows(store[0], "imports"), rows(store[0], "revisions")
    second = report(store, told)
    assert second.import_id is None
    assert (second.new, second.changed, second.unchanged) == (0, 0, 3)
    assert (
        rows(store[0], "verdicts"), rows(store[0], "imports"), rows(store[0], "revisions")
    ) == known  # fmt: skip


def test_a_newer_report_replaces_the_one_of_the_same_name(store: Store):
    report(store, {"given_up": True, "no_tests": True})
    written = report(store, {"given_up": False})
    assert (written.changed, written.withdrawn) == (1, 1)
    assert (outcomes(store)["given_up"], outcomes(store)["no_tests"]) == ("fail", "unknown")
    told = store[0].sql("SELECT span_id, old_value, new_value FROM lake.revisions ORDER BY 1")
    assert told.fetchall() == [("given_up", "true", "false"), ("no_tests", "true", None)]


def test_a_report_that_is_partly_unreadable_withdraws_nothing(store: Store):
    report(store, "task,passed\ngiven_up,true\nno_tests,true\n")
    written = report(store, "task,passed\ngiven_up,true\nno_tests,wobbly\n")
    assert (written.changed, written.withdrawn) == (0, 0)
    assert outcomes(store)["no_tests"] == "pass"


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_a_verdict_on_a_run_beats_one_on_its_task(store: Store, order: Sequence[int]):
    (run_id,) = store[0].sql("SELECT run_id FROM lake.runs WHERE task = 'given_up'").fetchall()[0]
    told = [[{"run_id": run_id, "passed": True}], [{"task": "given_up", "merged": False}]]
    for number in order:
        report(store, told[number], f"{number}.json")
    assert outcomes(store)["given_up"] == "pass"


@pytest.mark.parametrize(("better", "worse"), list(combinations(KINDS, 2)))
def test_a_merge_beats_ci_beats_tests_beat_a_list(store: Store, better: Kind, worse: Kind):
    report(store, as_kind(better, "no_tests", passed=False), "better.json")
    report(store, as_kind(worse, "no_tests", passed=True), "worse.json")
    assert outcomes(store)["no_tests"] == "fail"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "list"])
def test_a_verdict_that_does_not_know_changes_no_outcome(store: Store, kind: Kind):
    before = outcomes(store)
    for state in ("given_up", "no_tests", "claim_refuted"):
        report(store, as_kind(kind, state, passed=None), f"{kind}-{state}.json")
    assert outcomes(store) == before
    assert [row for row in conflicts(store) if row[1].startswith("report")] == []


def test_failed_three_times_by_its_own_word_yet_merged(empty_store: Path):
    trace, root = start("cart", 100, {"success": False})
    for at in (20, 40, 60):
        failing(trace, root, at, "b1")
        trace.call(PATCH, at + 2, at + 9, parent=root, inputs={"bug_id": "b1"}, error="ValueError")
    with stored(empty_store, trace.lines()) as (con, folder):
        opened = (con, folder)
        assert outcomes(opened) == {"cart": "fail"}
        merged = {"number": 4, "title": "Mend it", "merged": True, "state": "closed",
                  "head": {"ref": f"agent/{root}"}}  # fmt: skip
        assert report(opened, merged).runs == 1
        assert outcomes(opened) == {"cart": "pass"}
        kinds = {(kind, outcome) for _, kind, _, outcome in conflicts(opened)}
        assert ("report, against the agent", "pass") in kinds
        assert ("report, against its checks", "pass") in kinds
        failed = [said for _, kind, said, _ in conflicts(opened) if kind.startswith("agent failed")]
        assert any("3 of 3" in said for said in failed), failed


def attempts(commit: str | None = None) -> list[Raw]:
    """Two attempts at one task, under two variants, each on its commit."""
    lines: list[Raw] = []
    for number in (1, 2):
        attributes = {"task": "t", "attempt": number, "variant": f"v{number}"}
        trace, _ = start(f"attempt-{number}", 10, {"success": False}, **attributes)
        lines += trace.lines()
    return lines


def test_an_attempt_and_a_variant_narrow_what_a_verdict_is_on(empty_store: Path):
    for told in ([{"task": "t", "attempt": 2, "passed": True}],
                 [{"task": "t", "variant": "v2", "passed": True}]):  # fmt: skip
        with stored(empty_store, attempts()) as opened:
            assert report(opened, told).runs == 1
            with reading(opened[1]) as con:
                found = con.sql("SELECT attempt, outcome FROM runs ORDER BY 1").fetchall()
            assert found == [(1, "fail"), (2, "pass")]


def test_ci_is_joined_by_the_commit_that_a_run_names(empty_store: Path):
    trace, root = start("by-commit", 10, {"success": False})
    trace.call("TesterAgent.run_test", 1, 2, parent=root, output={"passed": False})
    with stored(empty_store, trace.lines()) as (con, folder):
        con.execute("UPDATE lake.runs SET commit_sha = $1", ["abcdef1" + "0" * 33])
        told = [
            {"head_sha": "ABCDEF1" + "0" * 33, "conclusion": "success", "name": "tests"},
            {"head_sha": "abcdef1" + "1" * 33, "conclusion": "failure", "name": "tests"},
        ]
        written = report((con, folder), told)
        assert (written.matched, written.runs) == (1, 1)
        assert list(outcomes((con, folder)).values()) == ["pass"]


def test_what_matches_nothing_at_all_is_not_stored(store: Store):
    written = report(store, {"nobody": True, "nothing": False})
    assert (written.import_id, written.matched, written.verdicts) == (None, 0, 2)
    assert rows(store[0], "verdicts") == []
    assert len(rows(store[0], "imports")) == 1


def test_what_ids_name_can_be_forced(store: Store):
    assert report(store, {"given_up": True}, by="run").matched == 0
    assert report(store, {"given_up": True}, by="task").matched == 1


def test_a_verdict_waits_for_its_run(empty_store: Path):
    with stored(empty_store, calls("given_up")) as opened:
        report(opened, {"given_up": True, "fixed_at_first_try": False})
        bring(*opened, calls("fixed_at_first_try"))
        assert outcomes(opened) == {"given_up": "pass", "fixed_at_first_try": "fail"}


HOSTILE = ("'; DROP TABLE lake.runs; --", "<script>alert(1)</script>", "a\u202eb", "😀" * 50)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_ids_are_texts_like_others(empty_store: Path, text: str):
    trace, _ = start("x", 10, {"success": False}, task=text)
    assert trace.calls[0]["op_name"].endswith(f"{RUN}:v1")
    with stored(empty_store, trace.lines()) as opened:
        assert report(opened, {text: True}).matched == 1
        assert outcomes(opened) == {text: "pass"}

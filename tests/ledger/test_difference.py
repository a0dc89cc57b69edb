"""Two states held against each other: before and what changed make after."""

from collections import Counter
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from analytics.ledger.difference import Difference, difference, verdict_news

COLUMNS = {
    "source": pl.String, "run_id": pl.String, "outcome": pl.String, "state": pl.String,
    "model": pl.String, "variant": pl.String, "task": pl.String, "agent": pl.String,
    "fingerprint": pl.UInt64,
}  # fmt: skip
OUTCOMES = st.sampled_from(["pass", "fail", "unknown"])
NAMES = st.sampled_from([None, "a", "b"])
LABELS = {name: NAMES for name in ("model", "variant", "task", "agent")}
RUNS = st.dictionaries(
    st.integers(0, 12), st.fixed_dictionaries({"outcome": OUTCOMES, **LABELS}), max_size=10
)

Runs = dict[int, dict[str, Any]]


def state(runs: Runs) -> pl.DataFrame:
    """Return runs as the store gives them."""
    rows = [
        {
            "source": "weave", "run_id": str(number), "state": "finished", **run,
            "fingerprint": hash(repr(sorted(run.items()))) % 2**63,
        }
        for number, run in runs.items()
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=COLUMNS)


def outcomes(runs: Runs) -> Counter[str]:
    return Counter(run["outcome"] for run in runs.values())


def applied(before: Counter[str], found: Difference) -> Counter[str]:
    """Return outcomes after, from those before and what changed."""
    after = Counter(before)
    after.update(found.added)
    after.subtract(found.removed)
    for each in found.flips:
        after[each.before] -= each.runs
        after[each.after] += each.runs
    return +after


@given(RUNS, RUNS)
def test_before_and_the_changes_make_after(before: Runs, after: Runs):
    found = difference(state(before), state(after))
    assert applied(outcomes(before), found) == outcomes(after)
    both = before.keys() & after.keys()
    assert found.changed == sum(before[number] != after[number] for number in both)
    flipped = [n for n in both if before[n]["outcome"] != after[n]["outcome"]]
    assert found.flips_count == len(flipped)
    assert {each.run_id for each in found.flipped} <= set(map(str, flipped))
    assert len(found.flipped) == min(len(flipped), 10)
    for column in LABELS:
        renamed = sum(before[n][column] != after[n][column] for n in both)
        assert renamed == sum(e.runs for e in found.relabellings if e.column == column)


@given(RUNS)
def test_a_state_does_not_differ_from_itself(runs: Runs):
    found = difference(state(runs), state(runs))
    assert found.is_nothing
    assert (found.flips, found.relabelled, found.relabellings) == ((), 0, ())


@given(RUNS, RUNS)
def test_the_way_back_is_the_way_there_turned_round(before: Runs, after: Runs):
    there, back = (difference(state(a), state(b)) for a, b in ((before, after), (after, before)))
    assert (there.added, there.removed, there.changed) == (back.removed, back.added, back.changed)
    turned = {(each.after, each.before): each.runs for each in back.flips}
    assert turned == {(each.before, each.after): each.runs for each in there.flips}


def test_fifty_seven_outcomes_flipped_and_three_hundred_and_fifty_nine_runs_relabelled():
    before: Runs = {
        number: {
            "outcome": "fail",
            "model": "old",
            "variant": "v1",
            "task": str(number),
            "agent": "x",
        }
        for number in range(500)
    }
    after = {number: dict(run) for number, run in before.items()}
    for number in range(359):
        after[number]["model"] = "new"
    for number in range(302, 359):
        after[number]["outcome"] = "pass"
    found = difference(state(before), state(after))
    assert (found.changed, found.relabelled) == (359, 359)
    assert [(each.before, each.after, each.runs) for each in found.flips] == [("fail", "pass", 57)]
    assert [(each.column, each.before, each.after, each.runs) for each in found.relabellings] == [
        ("model", "old", "new", 359)
    ]


VERDICT = {
    "origin": pl.String, "key_kind": pl.String, "key": pl.String, "variant": pl.String,
    "kind": pl.String, "passed": pl.Boolean, "found_at": pl.Datetime, "evidence": pl.String,
}  # fmt: skip


def verdicts(**passed: bool | None) -> pl.DataFrame:
    rows = [
        {"origin": "r", "key_kind": "task", "key": key, "kind": "tests", "passed": said}
        for key, said in passed.items()
    ]
    return pl.DataFrame(rows, schema=VERDICT)


def test_verdicts_that_came_changed_and_went_are_counted():
    (news,) = verdict_news(verdicts(a=True, b=True, c=None), verdicts(b=False, c=None, d=True))
    assert (news.kind, news.new, news.changed, news.withdrawn) == ("tests", 1, 1, 1)
    assert verdict_news(verdicts(a=True), verdicts(a=True)) == ()

"""Which run a saying is about, and which of several sayings counts."""

from datetime import datetime
from itertools import permutations

import pytest

from analytics.sources.rows import UnusableError
from analytics.verdicts import KINDS, Clue, Kind, Saying
from analytics.verdicts.matching import (
    Known,
    Matched,
    choose,
    combined,
    contradictory,
    in_branch,
    in_text,
)

RUN = Known(by="run", key="run-17")


def said(
    kind: Kind = "tests", day: int | None = None, part: str = "", *, passed: bool | None
) -> Matched:
    found_at = None if day is None else datetime(2026, 11, day)
    saying = Saying(clues=(), kind=kind, passed=passed, found_at=found_at, part=part)
    return Matched(saying=saying, about=RUN)


def verdict(*matched: Matched) -> bool | None:
    (one,) = combined(matched)
    return one.saying.passed


def test_the_kind_that_counts_most_decides_in_any_order():
    for number in range(len(KINDS)):
        for better in range(number):
            pair = said(KINDS[number], 9, passed=False), said(KINDS[better], 1, passed=True)
            assert verdict(*pair) is verdict(*reversed(pair)) is True


def test_of_one_kind_the_newest_decides_in_any_order():
    told = [said(day=1, passed=True), said(day=3, passed=False), said(day=2, passed=True)]
    assert {verdict(*order) for order in permutations(told)} == {False}


def test_without_times_the_last_decides():
    assert verdict(said(passed=False), said(passed=True)) is True


def test_what_is_not_known_yet_takes_nothing_back():
    assert verdict(said("merge", 1, passed=True), said("merge", 2, passed=None)) is True
    assert verdict(said("merge", 2, passed=None), said("tests", 1, passed=False)) is False
    assert verdict(said(passed=None)) is None


def test_several_checks_of_one_commit_pass_when_all_of_them_do():
    tests, lint = said("ci", 1, "tests", passed=True), said("ci", 1, "lint", passed=False)
    assert verdict(tests, lint) is False
    assert verdict(tests, lint, said("ci", 2, "lint", passed=True)) is True
    assert verdict(tests, said("ci", 1, "lint", passed=None)) is None


def test_a_check_that_says_both_is_counted_once():
    told = [said(passed=True), said(passed=False), said(passed=True), said("merge", passed=False)]
    assert contradictory(told) == 1
    assert contradictory(told[3:]) == 0
    assert contradictory([said("ci", 1, "a", passed=True), said("ci", 1, "b", passed=False)]) == 0


def test_variants_are_kept_apart():
    one = said(passed=True)
    other = Matched(saying=Saying(clues=(), kind="tests", passed=False, variant="v2"), about=RUN)
    assert len(combined([one, other])) == 2


def test_a_surer_clue_counts_before_others():
    title, body = Clue(text="run-1", rank=4), Clue(text="run-2", rank=5)
    saying = Saying(clues=(body, title), kind="merge", passed=True)
    known = {title: [Known(by="run", key="run-1")], body: [Known(by="run", key="run-2")]}
    assert choose(saying, known) == (Known(by="run", key="run-1"),)


def test_a_run_counts_before_a_task_of_the_same_name():
    clue = Clue(text="x")
    saying = Saying(clues=(clue,), kind="tests", passed=True)
    found = [Known(by="task", key="x"), Known(by="run", key="x")]
    assert choose(saying, {clue: found}) == (Known(by="run", key="x"),)


def test_a_merge_that_names_two_runs_names_none():
    clues = in_text("Bring in run-1 and run-2", None)
    saying = Saying(clues=clues, kind="merge", passed=True)
    known = {clue: [Known(by="run", key=clue.text)] for clue in clues if clue.text[:3] == "run"}
    with pytest.raises(UnusableError, match="names several runs: run-1, run-2"):
        choose(saying, known)


def test_a_longer_id_is_not_taken_for_a_shorter_one():
    texts = {clue.text for clue in in_branch("agent/django__django-11206")}
    assert "django__django-1120" not in texts
    words = {clue.text for clue in in_text("run-17-b", "see run-17-b, ok")}
    assert "run-17" not in words


@pytest.mark.parametrize("label", ["Run: {}", "run_id={}", "Task `x`\nrun id: `{}`.", "RUN:{}"])
def test_an_id_behind_a_label_is_found(label: str):
    clues = in_text(None, label.format("cart-total"))
    assert ("cart-total", 2) in {(clue.text, clue.rank) for clue in clues}

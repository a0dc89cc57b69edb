"""What the overview says: its numbers, its periods, its filters, and addresses that ask for nonsense."""

from dataclasses import asdict, replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.metrics.aggregates import Count, Estimate, Sum
from analytics.metrics.catalog import CATALOG, METRICS
from analytics.metrics.evaluate import CUTS, Selection, measure
from analytics.overview import PERIODS, Scope, overview, parse, selection, window
from analytics.overview.compare import COMPARED, is_clear
from analytics.store.reader import Reader
from tests.dashboard.conftest import NEWEST
from tests.dashboard.traces import HOSTILE

DAYS = st.dates(date(2026, 10, 1), date(2026, 12, 1))


def about(estimate: Estimate) -> object:
    """The same but for the last digits, which depend on the order in which DuckDB adds up."""
    return pytest.approx(asdict(estimate), nan_ok=True)


def read(parameters: dict[str, list[str]], reader: Reader) -> tuple[Scope, tuple[str, ...]]:
    with reader.cursor() as con:
        return parse(parameters, con)


@pytest.mark.parametrize("period", PERIODS.values(), ids=PERIODS)
@pytest.mark.parametrize("variant", [None, "v2"])
def test_every_number_is_what_evaluate_says(period, variant: str | None, full: Reader):
    scope = Scope(period=period).filtered("variant", [variant] if variant else [])
    shown = overview(full, scope)
    with full.cursor() as con:
        where = selection(scope, window(con, scope, full.now))
        expected = measure(con, CATALOG, where)
    headlines = (*shown.first, *shown.second, *shown.more)
    for each in headlines:
        assert asdict(each.now) == about(expected[each.card.name])
    assert len(headlines) == len(METRICS)


def test_a_period_ends_with_the_day_of_the_newest_run(full: Reader):
    shown = overview(full, Scope())
    assert shown.window.label == "14 days to 20 Nov 2026 UTC"
    assert shown.window.until == datetime(2026, 11, 21)
    assert shown.window.since == datetime(2026, 11, 7)
    assert shown.window.before == datetime(2026, 10, 24)


def test_everything_has_no_rival(full: Reader):
    shown = overview(full, Scope(period=PERIODS["all"]))
    assert shown.runs == shown.runs_stored
    assert shown.window.before is None
    assert all(each.before is None for each in shown.first)


def test_totals_are_not_compared_with_a_period_the_store_does_not_reach(full: Reader):
    shown = overview(full, Scope(period=PERIODS["28d"]))
    assert not shown.window.before_is_whole
    for each in (*shown.first, *shown.second, *shown.more):
        if isinstance(METRICS[each.card.name].of, Count | Sum):
            assert each.before is None, each.card.name


@given(first=DAYS, last=DAYS)
def test_picked_days_lie_within_the_period(full: Reader, first: date, last: date):
    scope = Scope(period=PERIODS["28d"], days=(min(first, last), max(first, last)))
    with full.cursor() as con:
        whole = window(con, replace(scope, days=None), full.now)
        part = window(con, scope, full.now)
    assert part.since is not None
    assert part.until is not None
    assert part.since < part.until
    assert part.before == part.since - (part.until - part.since) or part.before is None
    assert whole.since is not None
    assert part.since >= whole.since


def test_the_runs_of_all_days_are_the_runs_of_the_period(full: Reader):
    series = overview(full, Scope()).series
    assert series.run_states["runs"].sum() == overview(full, Scope()).runs
    assert series.fix_bins["bugs"].sum() == len(series.fix_points)
    assert series.bug_types["share"].sum() == pytest.approx(1)


def test_a_new_variant_is_marked_where_it_first_appears(full: Reader):
    marks = overview(full, Scope(period=PERIODS["28d"])).series.variant_marks
    assert marks["label"].to_list() == ["v2"]
    with full.cursor() as con:
        first = con.sql("SELECT min(day) FROM runs WHERE variant = 'v2'").fetchone()
    assert first == (marks["bucket"][0],)


def test_a_run_from_the_future_does_not_move_the_period(full_store):
    early = Reader(full_store, now=NEWEST - timedelta(days=10))
    shown = overview(early, Scope())
    assert shown.window.until is not None
    assert shown.window.until <= NEWEST - timedelta(days=8)
    assert shown.window.future_runs > 0


@given(
    period=st.sampled_from(sorted(PERIODS)),
    variants=st.lists(st.sampled_from(["v1", "v2", None]), unique=True),
    types=st.lists(st.sampled_from(["UI_BUG", "DATA_ERROR"]), unique=True),
    days=st.none() | st.tuples(DAYS, DAYS).map(lambda two: (min(two), max(two))),
    sides=st.sampled_from([None, ("v1", "v2"), ("v2", "v1")]),
)
def test_an_address_says_a_scope_and_back(full: Reader, period, variants, types, days, sides):
    scope = Scope(period=PERIODS[period], days=days, sides=sides)
    scope = scope.filtered("variant", variants).filtered("bug_type", types)
    assert read(scope.parameters(), full) == (scope, ())


@pytest.mark.parametrize("text", [*HOSTILE, "v3", "x" * 10_000])
@pytest.mark.parametrize("name", [*CUTS, "period", "from", "to", "compare"])
def test_nonsense_in_an_address_is_ignored_with_a_sentence(name: str, text: str, full: Reader):
    scope, ignored = read({name: [text]}, full)
    assert scope == Scope()
    assert len(ignored) == 1
    assert len(ignored[0]) < 300


def test_an_address_near_the_truth_gets_a_hint(full: Reader):
    _, ignored = read({"bug_type": ["UI_BUGS"]}, full)
    assert ignored == ("No bug type “UI_BUGS” in the store: ignored. Did you mean “UI_BUG”?",)


def test_the_store_stands_after_every_address(full: Reader):
    before = overview(full, Scope()).runs_stored
    read({name: list(HOSTILE) for name in CUTS}, full)
    assert overview(full, Scope()).runs_stored == before


def test_halves_hold_every_run_once(full: Reader):
    shown = overview(full, Scope())
    assert shown.comparison is not None
    assert shown.comparison.left.runs + shown.comparison.right.runs == shown.runs
    assert abs(shown.comparison.left.runs - shown.comparison.right.runs) <= 1


def test_variants_are_compared_by_their_own_numbers(full: Reader):
    shown = overview(full, Scope(period=PERIODS["all"], sides=("v1", "v2")))
    assert shown.comparison is not None
    with full.cursor() as con:
        metrics = [METRICS[name] for name in COMPARED]
        right = measure(con, metrics, Selection(equal={"variant": ("v2",)}))
    for pair in shown.comparison.pairs:
        assert asdict(pair.right) == about(right[pair.metric.name])
    assert [pair.metric.name for pair in shown.comparison.pairs if pair.is_clear][:1] == [
        "pass_rate"
    ]


ESTIMATES = st.tuples(
    st.floats(-1, 1), st.floats(0, 1), st.floats(0, 1)
).map(lambda t: Estimate(value=t[0], low=t[0] - t[1], high=t[0] + t[2]))  # fmt: skip


@given(before=ESTIMATES, after=ESTIMATES)
def test_a_clear_change_is_clear_the_other_way_round(before: Estimate, after: Estimate):
    assert is_clear(before, after) == is_clear(after, before)
    assert not is_clear(before, before)


@given(before=ESTIMATES, after=ESTIMATES)
def test_intervals_that_do_not_touch_are_clear(before: Estimate, after: Estimate):
    gaps = [
        upper.low - lower.high
        for lower, upper in ((before, after), (after, before))
        if upper.low is not None and lower.high is not None
    ]
    assert len(gaps) == 2
    if max(gaps) > 1e-9:  # Less is lost in rounding.
        assert is_clear(before, after)


def test_an_empty_store_has_an_overview(empty: Reader):
    shown = overview(empty, Scope())
    assert shown.runs == shown.runs_stored == shown.running == 0
    assert shown.comparison is None
    assert shown.window.label == "no runs yet"
    assert shown.first[0].card.value == "—"

"""Every entry of the catalog: documented, with a unit, of one meaning on any rows."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from analytics.errors import UnknownNameError
from analytics.metrics.aggregates import Count, Estimate, Rate, Sum
from analytics.metrics.catalog import CATALOG, METRICS, Metric, Unit, metric
from analytics.metrics.evaluate import CUTS, PERIODS, Selection, evaluate, measure
from tests.chain import NOW, reading
from tests.golden.expected import expected
from tests.golden.make import STATES, calls
from tests.oracle import Expected, rows_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EVERY = pytest.mark.parametrize("entry", CATALOG, ids=list(METRICS))
SHARES = {"pass_rate", "verified_pass_rate", "claim_refuted_rate", "unknown_rate", "infra_failure_rate",
          "recovered_error_rate", "first_time_right_rate", "test_pass_rate", "fix_rate", "first_try_rate",
          "speed_improvement", "knowledge_hit_rate", "debugging_resolved_rate", "cache_hit_rate",
          "agent_failure_rate", "tool_failure_rate", "pipeline_pass_rate", "coverage"}  # fmt: skip
SIGNED = {"speed_improvement", "cost_difference"}
"""Metrics that may be below nothing."""


@pytest.fixture(scope="module")
def golden(golden_store: Path) -> "Iterator[DuckDBPyConnection]":
    with reading(golden_store) as cursor:
        yield cursor


@pytest.fixture(scope="module")
def whole(golden: "DuckDBPyConnection") -> dict[str, Estimate]:
    return measure(golden, CATALOG)


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Estimate]:
    """Every metric where there is no store."""
    with reading(tmp_path_factory.mktemp("none")) as cursor:
        return measure(cursor, CATALOG)


@EVERY
def test_says_what_it_is(entry: Metric):
    assert entry.doc.endswith(".")
    assert len(entry.doc) > 25
    assert entry.title
    assert not entry.title.endswith(".")
    assert entry.of_what
    assert entry.name == entry.name.lower()
    assert (entry.unit is Unit.SHARE) == (entry.name in SHARES)


@EVERY
def test_without_a_store_nothing_is_known_but_counts(entry: Metric, nothing: dict[str, Estimate]):
    estimate = nothing[entry.name]
    assert estimate.value == (0.0 if isinstance(entry.of, Count) else None)
    assert estimate.n == estimate.missing == 0
    assert estimate.low is estimate.high is estimate.floor is estimate.ceiling is None


@EVERY
def test_is_pinned_by_a_golden_trace(entry: Metric):
    pinned = [expected(state).get(entry.name) for state in STATES]
    assert any(told.value if isinstance(told, Expected) else told for told in pinned)


@EVERY
def test_stays_within_its_unit(entry: Metric, whole: dict[str, Estimate]):
    estimate = whole[entry.name]
    if estimate.value is None:
        return
    if entry.unit is Unit.SHARE:
        assert estimate.value <= 1
    if entry.name not in SIGNED:
        assert estimate.value >= 0
    if estimate.low is not None and estimate.high is not None:
        assert estimate.low <= estimate.value <= estimate.high
    if estimate.floor is not None and estimate.ceiling is not None:
        assert estimate.floor <= estimate.value <= estimate.ceiling


@pytest.mark.parametrize("by", [*CUTS, *PERIODS])
def test_every_cut_adds_up(by: str, golden: "DuckDBPyConnection", whole: dict[str, Estimate]):
    cut = evaluate(golden, CATALOG, (by,))
    assert list(cut) == sorted(cut, key=lambda values: [(v is None, v) for v in values])
    for entry in CATALOG:
        parts, total = [part[entry.name] for part in cut.values()], whole[entry.name]
        assert sum(part.n for part in parts) == total.n
        assert sum(part.missing for part in parts) == total.missing
        if isinstance(entry.of, Rate):
            assert sum(part.hits or 0 for part in parts) == total.hits
        if isinstance(entry.of, Count | Sum):
            assert sum(part.value or 0 for part in parts) == pytest.approx(total.value or 0)


@pytest.mark.parametrize("by", ["task", "variant", "state"])
def test_a_selection_is_one_part_of_the_cut(by: str, golden: "DuckDBPyConnection"):
    for (value,), part in evaluate(golden, CATALOG, (by,)).items():
        selected = measure(golden, CATALOG, Selection(equal={by: (value,)}))
        for name, estimate in part.items():
            # A part in which a view has no rows says nothing of it; the selection counts none.
            other = selected[name].value
            assert (estimate.value or None) == (pytest.approx(other) if other else None), (
                value,
                name,
            )
            assert estimate.n == selected[name].n


def test_a_period_takes_runs_in_by_their_start(golden: "DuckDBPyConnection"):
    starts = sorted(run.start for run in rows_of(every_call(), NOW).runs)
    middle = starts[len(starts) // 2]
    early = measure(golden, CATALOG, Selection(until=middle))["runs"].value
    late = measure(golden, CATALOG, Selection(since=middle))["runs"].value
    assert early == sum(start < middle for start in starts)
    assert late == sum(start >= middle for start in starts)


def every_call() -> list[dict[str, object]]:
    return [raw for name in STATES for raw in calls(name)]


def test_an_unknown_metric_is_told_the_nearest():
    with pytest.raises(UnknownNameError, match=r"unknown metric 'pas_rate'.*mean 'pass_rate'\?"):
        metric("pas_rate")


def test_an_unknown_cut_is_told_the_nearest(golden: "DuckDBPyConnection"):
    with pytest.raises(UnknownNameError, match=r"unknown cut 'modell'.*mean 'model'\?"):
        evaluate(golden, CATALOG, ("modell",))


def test_an_unknown_filter_is_told_the_nearest():
    with pytest.raises(UnknownNameError, match=r"unknown filter 'agnet'.*mean 'agent'\?"):
        Selection(equal={"agnet": ("x",)})


def test_values_of_a_filter_are_values_and_no_sql(golden: "DuckDBPyConnection"):
    where = Selection(equal={"task": ("'; DROP VIEW runs; --",)})
    assert measure(golden, CATALOG, where)["runs"].value == 0
    assert measure(golden, CATALOG)["runs"].value

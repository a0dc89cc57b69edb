"""The same calls on DuckDB and on Weave's tables in ClickHouse: every metric, to six digits."""

from collections.abc import Iterator, Mapping
from math import isclose
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from analytics.clickhouse.aggregates import OBSERVED, moments
from analytics.clickhouse.evaluate import choose, evaluate
from analytics.clickhouse.server import Session
from analytics.clickhouse.views import Read
from analytics.errors import InputError
from analytics.metrics.aggregates import Estimate
from analytics.metrics.catalog import CATALOG, Metric
from analytics.metrics.evaluate import CUTS, PARTIAL_CUTS, Cut
from analytics.metrics.evaluate import evaluate as on_duckdb
from tests.chain import reading
from tests.traces import Raw

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Found = Mapping[Cut, Mapping[str, Estimate]]
Opened = tuple[Session, Read]

PORTABLE, LEFT_OUT = choose([])
PARTS = ("value", "low", "high", "n", "hits", "units", "missing", "floor", "ceiling")
ASKED = (
    (), ("variant",), ("agent",), ("day",), ("op_version",), ("tool",), ("model", "week"), ("task",),
    ("state", "month"), ("bug_type", "error_type"), ("preset", "repo", "batch"),
)  # fmt: skip


def same(left: float | None, right: float | None) -> bool:
    if left is None or right is None:
        return left is right
    return isclose(left, right, rel_tol=1e-6, abs_tol=1e-9)


def differences(here: Found, there: Found) -> list[tuple[Any, ...]]:
    """Return what two engines say differently."""
    return [
        (cut, metric.name, part, getattr(here[cut][metric.name], part), getattr(told, part))
        for cut in here
        for metric in PORTABLE
        for told in (there[cut][metric.name],)
        for part in PARTS
        if not same(getattr(here[cut][metric.name], part), getattr(told, part))
    ]


@pytest.fixture(scope="module")
def duckdb(store: Path) -> "Iterator[DuckDBPyConnection]":
    with reading(store) as cursor:
        yield cursor


@pytest.mark.parametrize("by", ASKED, ids=lambda by: "+".join(by) or "whole")
def test_clickhouse_and_duckdb_say_the_same(
    on_both: Opened, duckdb: "DuckDBPyConnection", by: tuple[str, ...]
):
    there, here = on_duckdb(duckdb, PORTABLE, by), evaluate(on_both[0], PORTABLE, by)
    assert list(here) == list(there)
    assert differences(here, there) == []


def test_calls_in_two_halves_say_the_same(on_merged: Opened, duckdb: "DuckDBPyConnection"):
    for by in ((), ("agent", "day")):
        there, here = on_duckdb(duckdb, PORTABLE, by), evaluate(on_merged[0], PORTABLE, by)
        assert list(here) == list(there)
        assert differences(here, there) == []


def test_the_calls_give_every_metric_something_to_say(on_both: Opened):
    found = evaluate(on_both[0], PORTABLE)[()]
    assert [name for name, estimate in found.items() if not estimate.value] == []


def test_each_call_is_read_once_whatever_keeps_it(
    on_both: Opened, on_merged: Opened, lines: list[Raw]
):
    assert on_both[1].calls == on_merged[1].calls == len(lines)
    assert (on_both[1].unsound, on_merged[1].unsound) == (1, 0)


def test_what_can_be_worked_out_and_what_is_left_out_are_the_catalog():
    assert {*PORTABLE} | {*LEFT_OUT} == set(CATALOG)
    assert len(PORTABLE) + len(LEFT_OUT) == len(CATALOG)
    assert [metric for metric in CATALOG if metric.not_on_clickhouse] == LEFT_OUT


@pytest.mark.parametrize("metric", LEFT_OUT, ids=lambda metric: metric.name)
def test_a_metric_that_is_left_out_is_refused_by_name(metric: Metric):
    with pytest.raises(
        InputError, match=rf"^{metric.name} cannot be worked out on ClickHouse: .*\.$"
    ):
        choose(["pass_rate", metric.name])


@pytest.mark.parametrize("metric", CATALOG, ids=lambda metric: metric.name)
def test_an_aggregate_asks_both_engines_for_the_same_moments(metric: Metric):
    there, here = set(metric.of.moments()), set(moments(metric.of))
    if "observed" in here:
        here = here - {"observed"} | (there & set(OBSERVED))
    assert here == there


def test_a_view_has_the_columns_that_metrics_and_cuts_need(on_both: Opened):
    for view in dict.fromkeys(metric.view for metric in PORTABLE):
        columns = {row[0] for row in on_both[0].ask(f"DESCRIBE TABLE {view}")}
        partial = {cut for cut, views in PARTIAL_CUTS.items() if view in views}
        read = {name for metric in PORTABLE if metric.view == view for name in metric.of.columns}
        assert {"run_id", "unit_id", "day", *CUTS, *partial, *read - {"started_at"}} <= columns, (
            view
        )


def test_the_names_of_metrics_are_the_catalogs():
    assert [metric.name for metric in choose(["runs", "pass_rate"])[0]] == ["runs", "pass_rate"]
    with pytest.raises(InputError, match="Did you mean 'pass_rate'"):
        choose(["pas_rate"])

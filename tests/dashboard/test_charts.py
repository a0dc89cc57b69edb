"""Every chart draws columns that are there, stays small, and says None where there is nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from analytics.metrics.catalog import METRICS
from analytics.metrics.evaluate import evaluate
from analytics.overview import PERIODS, Overview, Scope, overview
from analytics.store.reader import Reader
from dashboard import charts
from dashboard.metric_chart import chart_metric, metric_frame

CHARTS: dict[str, Callable[[Overview], Any]] = {
    "pass rate": lambda o: charts.chart_pass_rate(
        o.series.pass_rate, o.series.variant_marks, bucket=o.window.bucket, days=o.window.days
    ),
    "fix times": lambda o: charts.chart_fix_times(
        o.series.fix_points, o.series.fix_medians, bucket=o.window.bucket
    ),
    "fix distribution": lambda o: charts.chart_fix_distribution(
        o.series.fix_bins, o.first[1].now.value
    ),
    "bug types": lambda o: charts.chart_bug_types(o.series.bug_types, chosen=["UI_BUG"]),
    "run states": lambda o: charts.chart_run_states(o.series.run_states, bucket=o.window.bucket),
    "agents": lambda o: charts.chart_agents(o.series.agents),
    "before and after": lambda o: charts.chart_before_after(
        o.comparison.frame() if o.comparison else pl.DataFrame()
    ),
}
LARGEST = 250_000
MOST_MARKS = 2_000


def rows_of(spec: dict[str, Any], layer: dict[str, Any]) -> list[dict[str, Any]]:
    data = layer.get("data") or spec["data"]
    return data["values"] if "values" in data else spec["datasets"][data["name"]]


def fields_of(encoding: Any) -> set[str]:
    if isinstance(encoding, list):
        return set().union(*map(fields_of, encoding))
    if not isinstance(encoding, dict):
        return set()
    own = {encoding["field"]} if "field" in encoding else set()
    return own.union(*map(fields_of, encoding.values()))


def check(chart: Any) -> None:
    spec = chart.to_dict()
    assert len(json.dumps(spec)) <= LARGEST
    for layer in spec["layer"]:
        rows = rows_of(spec, layer)
        assert rows
        assert len(rows) <= MOST_MARKS
        used = fields_of(layer["encoding"])
        assert used
        assert used <= set(rows[0]), used - set(rows[0])


@pytest.mark.parametrize("period", ["14d", "all"])
@pytest.mark.parametrize("name", CHARTS)
def test_charts_draw_columns_that_are_there(name: str, period: str, full: Reader):
    check(CHARTS[name](overview(full, Scope(period=PERIODS[period]))))


@pytest.mark.parametrize("name", CHARTS)
def test_charts_of_nothing_are_none(name: str, empty: Reader):
    assert CHARTS[name](overview(empty, Scope())) is None


@pytest.mark.parametrize("name", CHARTS)
def test_charts_of_hostile_texts_are_drawn(name: str, hostile_store: Path):
    reader = Reader(hostile_store)
    chart = CHARTS[name](overview(reader, Scope(period=PERIODS["all"])))
    assert chart is None or chart.to_dict()
    assert chart is None or "href" not in chart.to_json()


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
@pytest.mark.parametrize("cut", ["day", "variant"])
def test_any_metric_is_drawn_by_any_cut(metric: Any, cut: str, full: Reader):
    with full.cursor() as con:
        found = evaluate(con, [metric], (cut,))
    frame = metric_frame(found, metric, cut)
    chart = chart_metric(frame, metric, cut)
    if frame.is_empty():
        assert chart is None
    else:
        check(chart)


def test_a_single_day_is_drawn(full: Reader):
    day = overview(full, Scope(period=PERIODS["7d"])).series.pass_rate.tail(1)
    chart = charts.chart_pass_rate(
        day, pl.DataFrame(schema={"bucket": pl.Date, "label": pl.String})
    )
    check(chart)


def test_days_are_the_same_in_every_time_zone(full: Reader):
    chart = charts.chart_run_states(overview(full, Scope()).series.run_states)
    assert chart is not None
    spec = chart.to_dict()
    (bars,) = spec["layer"]
    assert bars["encoding"]["x"]["scale"]["type"] == "utc"
    assert all(row["bucket"].endswith("T00:00:00Z") for row in rows_of(spec, bars))

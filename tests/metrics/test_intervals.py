"""Intervals, held against scipy's and against the formulas written out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, t

from analytics.metrics.aggregates import Mean, Rate, Ratio
from analytics.metrics.intervals import cluster_interval, wilson


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_scipys(counts: tuple[int, int]):
    hits, n = counts
    ends = binomtest(hits, n).proportion_ci(method="wilson")
    assert wilson(hits / n, n) == pytest.approx((ends.low, ends.high), abs=1e-12)


CLUSTERS = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 20)).filter(lambda pair: pair[0] <= pair[1]),
    min_size=2,
    max_size=15,
)


def moments(clusters: list[tuple[int, int]]) -> dict[str, float]:
    y, x = np.array(clusters, dtype=float).T
    return {
        "y": y.sum(), "x": x.sum(), "yy": (y * y).sum(), "xy": (x * y).sum(), "xx": (x * x).sum(),
        "units": len(clusters), "n": x.sum(), "rows": x.sum(),
    }  # fmt: skip


def written_out(clusters: list[tuple[int, int]]) -> tuple[float, float]:
    y, x = np.array(clusters, dtype=float).T
    units, ratio = len(clusters), y.sum() / x.sum()
    error = np.sqrt(units / (units - 1) * ((y - ratio * x) ** 2).sum()) / x.sum()
    half = t.ppf(0.975, units - 1) * error
    return ratio - half, ratio + half


@given(CLUSTERS)
def test_cluster_interval_is_the_formula_over_tasks(clusters: list[tuple[int, int]]):
    asked = moments(clusters)
    got = cluster_interval(asked["y"] / asked["x"], asked)
    # The moments cancel where the spread is nothing: the error is of a square root.
    assert got == pytest.approx(written_out(clusters), abs=1e-6)


@given(CLUSTERS)
def test_aggregates_keep_to_what_is_possible(clusters: list[tuple[int, int]]):
    low, high = written_out(clusters)
    ratio = Ratio(of="y", over="x").estimate(moments(clusters))
    mean = Mean(of="y").estimate(moments(clusters))
    for estimate in (ratio, mean):
        assert estimate.value is not None
        assert estimate.low == pytest.approx(max(low, 0.0), abs=1e-6)
        assert estimate.high == pytest.approx(high, abs=1e-6)
    rate = Rate(hit="y", among="x").estimate(moments(clusters))
    assert rate.value is not None
    assert rate.low is not None
    assert rate.high is not None
    assert 0 <= rate.low <= rate.value <= rate.high <= 1
    assert rate.low < rate.high


def test_one_task_alone_has_no_cluster_interval():
    assert cluster_interval(0.5, moments([(1, 2)])) == (None, None)


def test_rate_of_tasks_run_once_each_is_wilsons():
    estimate = Rate(hit="y", among="x").estimate(moments([(1, 1), (0, 1), (1, 1), (1, 1)]))
    assert (estimate.low, estimate.high) == wilson(0.75, 4)

"""Kaplan-Meier medians and their change, held against exact fractions and against scipy."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf

from analytics.metrics.aggregates import SpeedUp, SurvivalMedian
from analytics.metrics.survival import Observations, median, observations, speed_up
from tests.oracle.numbers import kaplan_meier_median

WATCHED = st.lists(st.tuples(st.integers(1, 12).map(float), st.booleans()), min_size=1, max_size=40)


def of(watched: list[tuple[float, bool]]) -> Observations:
    return observations([time for time, _ in watched], [event for _, event in watched])


@pytest.mark.parametrize("n", range(2, 200, 2))
def test_median_is_reached_when_exactly_half_are_left(n: int):
    """Products of rounded fractions fall just short of one half for every second even number."""
    assert median(of([(float(i), True) for i in range(1, n + 1)]))[0] == n / 2


@given(WATCHED)
def test_median_is_the_exact_one(watched: list[tuple[float, bool]]):
    assert median(of(watched))[0] == kaplan_meier_median(watched)


@given(WATCHED)
@pytest.mark.filterwarnings("ignore:The confidence interval is undefined:RuntimeWarning")
def test_ends_are_where_scipys_log_log_band_crosses_one_half(watched: list[tuple[float, bool]]):
    events = [time for time, event in watched if event]
    cut = [time for time, event in watched if not event]
    survival = ecdf(CensoredData(uncensored=events, right=cut)).sf
    with np.errstate(divide="ignore", invalid="ignore"):
        band = survival.confidence_interval(method="log-log")
    times = np.asarray(survival.quantiles, dtype=float)

    def first(bound: np.ndarray) -> float | None:
        # Where all or none are left the band has no width, and scipy says NaN.
        whole = np.asarray(survival.probabilities)
        filled = np.where(np.isnan(bound), whole, bound)
        reached = filled <= 0.5
        return float(times[reached.argmax()]) if reached.any() else None

    _, low, high = median(of(watched))
    assert low == first(np.asarray(band.low.probabilities))
    assert high == first(np.asarray(band.high.probabilities))


def test_rows_without_a_time_are_missing_not_zero():
    moments = {"times": [3.0, None], "events": [True, False], "order": [2, 1], "rows": 2}
    for aggregate in (
        SurvivalMedian(time="t", event="e"),
        SpeedUp(time="t", event="e", order="o", at_least=1),
    ):
        estimate = aggregate.estimate(moments)
        assert (estimate.n, estimate.hits, estimate.missing) == (1, 1, 1)


def halves(older: list[float], newer: list[float]) -> Observations:
    times = older + newer
    start = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp())
    return observations(times, [True] * len(times), list(range(start, start + len(times))))


def test_speed_up_compares_the_newer_half_with_the_older():
    assert speed_up(halves([10.0] * 5, [4.0] * 5), 5)[0] == pytest.approx(0.6)
    assert speed_up(halves([4.0] * 5, [10.0] * 5), 5)[0] == pytest.approx(-1.5)


def test_speed_up_needs_five_fixes_in_each_half():
    assert speed_up(halves([10.0] * 4, [4.0] * 4), 5) == (None, None, None)


@given(st.permutations(range(12)))
@settings(max_examples=20)
def test_speed_up_does_not_depend_on_the_order_of_rows(order: list[int]):
    """All are of the same age: what decides then must not be how the rows come."""
    times = [float(1 + i % 4) for i in order]
    events = [i % 3 > 0 for i in order]
    assert speed_up(observations(times, events, [0] * 12), 2) == speed_up(
        observations(
            [float(1 + i % 4) for i in range(12)], [i % 3 > 0 for i in range(12)], [0] * 12
        ),
        2,
    )


def test_interval_of_speed_up_is_the_plain_bootstraps():
    rng = np.random.default_rng(7)
    older, newer = rng.lognormal(3.0, 0.5, 60), rng.lognormal(2.6, 0.5, 60)
    _, low, high = speed_up(halves(list(older), list(newer)), 5)
    drawn = [
        1 - _lower_median(rng.choice(newer, 60)) / _lower_median(rng.choice(older, 60))
        for _ in range(4000)
    ]
    assert (low, high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=0.05)


def _lower_median(times: np.ndarray) -> float:
    """Kaplan-Meier's median where nothing is cut off: half have had the event by then."""
    return float(np.sort(times)[(len(times) - 1) // 2])

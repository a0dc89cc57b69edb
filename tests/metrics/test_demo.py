"""The bundled traces, which every reader sees first: numbers and intervals against the oracle."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import binomtest, t

from analytics.metrics.aggregates import Estimate
from analytics.metrics.catalog import CATALOG
from analytics.metrics.evaluate import measure
from analytics.store import lake
from tests import oracle
from tests.chain import Raw, bring, differences, reading
from tests.oracle import numbers
from tests.oracle.rows import Run

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DEMO = Path(__file__).parents[2] / "data" / "demo"
LATER = datetime(2027, 1, 1)
"""When nothing in the bundled traces is running any more."""

Pairs = Sequence[tuple[Run, float | None, float | None]]


@pytest.fixture(scope="module")
def calls() -> list[Raw]:
    files = sorted(DEMO.glob("*.jsonl.gz"))
    assert files
    return [
        json.loads(line)
        for file in files
        for line in gzip.decompress(file.read_bytes()).decode("utf-8").splitlines()
    ]


@pytest.fixture(scope="module")
def rows(calls: list[Raw]) -> oracle.Rows:
    return oracle.rows_of(calls, LATER)


@pytest.fixture(scope="module")
def demo(
    calls: list[Raw], tmp_path_factory: pytest.TempPathFactory
) -> "Iterator[DuckDBPyConnection]":
    store = tmp_path_factory.mktemp("demo") / "store"
    with lake.writer(store) as con:
        bring(con, store, calls)
    with reading(store, LATER) as cursor:
        yield cursor


@pytest.fixture(scope="module")
def measured(demo: "DuckDBPyConnection") -> dict[str, Estimate]:
    return measure(demo, CATALOG)


def test_every_number_is_the_oracles(measured: dict[str, Estimate], rows: oracle.Rows):
    assert differences(oracle.measure(rows), measured) == []


def test_there_is_enough_to_show(measured: dict[str, Estimate]):
    """Each state that a page has to show occurs: passed, failed, refuted, abandoned, recovered."""
    for name in ("pass_rate", "fix_rate", "first_try_rate", "claim_refuted_rate"):
        hits = measured[name].hits
        assert hits is not None
        assert 0 < hits < measured[name].n
    for name in ("runs_abandoned", "speed_improvement", "deployment_time", "knowledge_hit_rate"):
        assert measured[name].value
    assert (measured["recovered_error_rate"].hits or 0) > 0


def by_task(pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
    """Return the sums of y and of x of each task that knows both."""
    sums: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for run, y, x in pairs:
        if y is not None and x is not None:
            sums[run.unit][0] += y
            sums[run.unit][1] += x
    y, x = np.array(list(sums.values())).T
    return y, x


def clustered(pairs: Pairs) -> tuple[float, float]:
    """Return the cluster-robust interval over tasks, the formula written out."""
    y, x = by_task(pairs)
    units, ratio = len(y), y.sum() / x.sum()
    error = np.sqrt(units / (units - 1) * ((y - ratio * x) ** 2).sum()) / x.sum()
    half = t.ppf(0.975, units - 1) * error
    return ratio - half, ratio + half


def one(value: float | None) -> float | None:
    return None if value is None else 1.0


def test_intervals_are_over_tasks_not_runs(measured: dict[str, Estimate], rows: oracle.Rows):
    known = [run for run in rows.runs if run.outcome != "unknown"]
    over = [bug for bug in rows.bugs if bug.run.state != "running"]
    expected: dict[str, Pairs] = {
        "pass_rate": [(run, float(run.outcome == "pass"), 1.0) for run in known],
        "fix_rate": [(bug.run, float(bug.fixed_at is not None), 1.0) for bug in over],
        "fix_time_mean": [
            (bug.run, numbers.fix_time(bug), one(numbers.fix_time(bug))) for bug in rows.bugs
        ],
        "run_duration": [
            (run, numbers.duration(run), one(numbers.duration(run))) for run in rows.runs
        ],
        "knowledge_hit_rate": [(run, *numbers.knowledge(run)) for run in rows.runs],
        "agent_time": [(part.run, part.seconds, one(part.seconds)) for part in rows.parts],
    }
    for name, pairs in expected.items():
        low, high = clustered(pairs)
        found = measured[name]
        assert found.units == len(by_task(pairs)[0]) < found.n, name
        assert (found.low, found.high) == pytest.approx((max(low, 0), high), rel=1e-6), name


def test_one_run_of_each_task_has_wilsons_interval(
    calls: list[Raw], tmp_path: Path, rows: oracle.Rows
):
    first = {run.unit: run for run in reversed(rows.runs)}.values()
    chosen = {step.trace for run in first for step in run.steps}
    store = tmp_path / "store"
    with lake.writer(store) as con:
        bring(con, store, [call for call in calls if call["trace_id"] in chosen])
    with reading(store, LATER) as cursor:
        found = measure(cursor, CATALOG)["pass_rate"]
    assert found.units == found.n == len(first)
    assert found.hits is not None
    ends = binomtest(found.hits, found.n).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high))

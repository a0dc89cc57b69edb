"""Each golden trace through the whole chain: by hand, by the oracle and by the store, one number."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from analytics.metrics.aggregates import Estimate
from analytics.metrics.catalog import METRICS
from tests.chain import NOW, differences, numbers
from tests.golden import make
from tests.golden.expected import expected
from tests.golden.make import STATES
from tests.oracle import Expected, measure, rows_of

Measured = Mapping[str, Mapping[str, Estimate]]


@pytest.fixture(scope="module")
def measured(golden_store: Path) -> Measured:
    """Every metric of every state, by name of the state."""
    by_project = numbers(golden_store, by=("project",))
    return {str(cut[0]).removeprefix("golden/"): found for cut, found in by_project.items()}


@pytest.mark.parametrize("name", STATES)
def test_files_are_what_make_writes(name: str):
    stored = (make.FOLDER / f"{name}.jsonl").read_text("utf-8")
    assert stored == make.text(name), "To fix: python -m tests.golden.make"


def test_readme_tells_of_every_state_and_no_other():
    assert (make.FOLDER / "README.md").read_text("utf-8") == make.readme()
    for suffix in ("jsonl", "json"):
        assert {path.stem for path in make.FOLDER.glob(f"*.{suffix}")} == set(STATES)
    assert all(state.__doc__ for state in STATES.values())


def lines(name: str) -> list[make.Raw]:
    text = (make.FOLDER / f"{name}.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("name", STATES)
def test_store_says_what_was_worked_out_by_hand(name: str, measured: Measured):
    pinned = expected(name)
    assert set(pinned) <= set(METRICS)
    for metric, estimate in measured[name].items():
        by_hand = pinned.get(metric)
        if isinstance(by_hand, Expected):
            assert not differences({metric: by_hand}, {metric: estimate})
        elif by_hand is None:
            assert not estimate.value, metric
        else:
            assert estimate.value == pytest.approx(by_hand), metric


@pytest.mark.parametrize("name", STATES)
def test_oracle_agrees_with_the_store(name: str, measured: Measured):
    assert differences(measure(rows_of(lines(name), NOW)), measured[name]) == []


def test_oracle_agrees_on_all_of_them_together(golden_store: Path):
    everything = [raw for name in STATES for raw in lines(name)]
    assert differences(measure(rows_of(everything, NOW)), numbers(golden_store)[()]) == []

"""What an import changed, told of real stores: by states of the store, and where those are gone."""

import json
from pathlib import Path
from random import Random

import pytest

from analytics.errors import InputError
from analytics.ledger import changes, telling
from analytics.metrics.catalog import CATALOG
from analytics.metrics.evaluate import measure
from analytics.store import consistency, lake
from analytics.store.past import SnapshotGoneError, as_of
from tests.chain import NOW, Raw, bring, numbers, reading, stored
from tests.generated import collection
from tests.golden.make import calls
from tests.golden.steps import start


def batch(count: int, *, passed: int, renamed: int = 0) -> list[Raw]:
    """Return runs of which the first few passed, and the first few have another variant."""
    lines: list[Raw] = []
    for number in range(count):
        variant = "new" if number < renamed else "old"
        output = {"success": number < passed}
        trace, _ = start(f"run-{number:04}", 10, output, task=f"t{number}", variant=variant)
        lines += trace.lines()
    return lines


def test_flips_and_new_names_of_an_import_are_told(empty_store: Path):
    with stored(empty_store, batch(120, passed=20), batch(120, passed=77, renamed=90)) as (
        _,
        store,
    ):
        found = changes(store, now=NOW)
    assert found is not None
    assert found.compared is not None
    runs = found.compared.runs
    assert (runs.changed, runs.flips_count, runs.relabelled) == (90, 57, 90)
    assert {(each.kind, each.field, each.records) for each in found.revised} == {
        ("calls", "attributes", 90), ("calls", "output", 57),
    }  # fmt: skip
    moved = {
        each.metric.name: (each.before.value, each.after.value) for each in found.compared.moved
    }
    assert moved["pass_rate"] == (20 / 120, 77 / 120)
    assert "runs" not in moved
    told = "\n".join(telling.lines(found))
    assert "57 flipped: 57 fail -> pass" in told
    assert "90 runs relabelled" in told
    assert "variant old -> new, 90 runs" in told
    assert "and 47 more" in told
    said = json.loads(telling.as_json(found))
    assert said["runs"]["flips"] == [{"before": "fail", "after": "pass", "runs": 57}]


def test_every_metric_that_moved_is_told_and_no_other(empty_store: Path):
    lines = collection(25)
    half = Random(3).sample(lines, len(lines) // 2)
    with stored(empty_store, half) as (con, store):
        before = numbers(store)[()]
        bring(con, store, lines)
        after = numbers(store)[()]
        found = changes(store, now=NOW)
    assert found is not None
    assert found.compared is not None
    told = {each.metric.name: (each.before, each.after) for each in found.compared.moved}
    assert told
    for metric in CATALOG:
        old, new = before[metric.name], after[metric.name]
        if old.value is None or new.value is None:
            assert (metric.name in told) == (old.value is not new.value)
        elif metric.name not in told:
            assert old.value == pytest.approx(new.value)
        if metric.name in told:
            assert told[metric.name][0].value == pytest.approx(old.value)
            assert told[metric.name][1].value == pytest.approx(new.value)


def test_an_earlier_import_can_be_asked_for(empty_store: Path):
    with stored(empty_store, calls("two_bugs"), calls("retried_task")) as (_, store):
        first, last = changes(store, 1, now=NOW), changes(store, now=NOW)
        with pytest.raises(InputError, match=r"there is no import 3 .* Valid: 1 to 2"):
            changes(store, 3, now=NOW)
    assert first is not None
    assert last is not None
    assert (first.imported.import_id, last.imported.import_id) == (1, 2)
    assert first.compared is not None
    assert last.compared is not None
    assert sum(first.compared.runs.added.values()) == 1
    assert sum(last.compared.runs.added.values()) == 3


def test_a_state_that_is_gone_is_said_and_the_rest_is_told(empty_store: Path):
    with stored(empty_store, batch(5, passed=1), batch(5, passed=3)) as (con, store):
        met = lake.snapshot_id(con) - 1
        con.execute("CALL ducklake_expire_snapshots('lake', versions => [$1])", [met])
        found = changes(store, now=NOW)
        with consistency.heeded(), pytest.raises(SnapshotGoneError):
            as_of(store, met, NOW).__enter__()
    assert found is not None
    assert found.compared is None
    assert "is gone" in found.gone
    assert [(each.field, each.records) for each in found.revised] == [("output", 2)]
    told = list(telling.lines(found))
    assert any(f"not compared: state {met}" in line for line in told)
    assert json.loads(telling.as_json(found))["compared"] is False


def test_nothing_imported_is_nothing_changed(empty_store: Path):
    assert changes(empty_store, now=NOW) is None


def test_the_past_is_read_as_the_present_was(empty_store: Path):
    with stored(empty_store, calls("two_bugs")) as (con, store):
        snapshot = lake.snapshot_id(con)
        with reading(store) as present:
            then = measure(present, CATALOG)
        bring(con, store, calls("retried_task"))
        with consistency.heeded(), as_of(store, snapshot, NOW) as past:
            assert measure(past, CATALOG) == then

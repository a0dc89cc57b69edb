"""From agents at work to numbers in the terminal and on the page, with nothing faked between."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.e2e.conftest import PROJECT, RUNS, Logged
from tests.oracle import measure, rows_of

pytestmark = pytest.mark.weave_server


@pytest.fixture(scope="module")
def store(logged: Logged, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that was synced from the server."""
    store = tmp_path_factory.mktemp("synced") / "store"
    done = logged.patchpilot("sync", "--weave", PROJECT, "--store", store)
    assert done.returncode == 0, done.stderr
    assert f"{len(logged.calls)} new" in done.stdout
    return store


def test_every_metric_is_what_the_raw_calls_say(logged: Logged, store: Path):
    now = datetime.now(UTC).replace(tzinfo=None)
    expected = measure(rows_of(logged.calls, now))
    done = logged.patchpilot("metrics", "--store", store, "--format", "json")
    found = {entry["metric"]: entry for entry in json.loads(done.stdout)}
    assert found.keys() == expected.keys()
    for name, number in expected.items():
        assert found[name]["value"] == pytest.approx(number.value), name
        assert found[name]["n"] == number.n, name


def test_the_numbers_are_those_that_the_agents_told(logged: Logged, store: Path):
    done = logged.patchpilot("metrics", "--store", store, "--format", "json")
    found = {entry["metric"]: entry["value"] for entry in json.loads(done.stdout)}
    assert found["runs"] == len(RUNS)
    for name in ("bugs_found", "bugs_fixed", "patches_generated"):
        assert found[name] == sum(run[name] for run in logged.told), name


def test_a_second_sync_changes_nothing(logged: Logged, store: Path):
    done = logged.patchpilot("sync", "--weave", PROJECT, "--store", store)
    assert done.stdout.startswith(f"0 new, 0 changed, {len(logged.calls)} unchanged, 0 rejected")


def test_an_export_of_the_same_calls_changes_nothing(logged: Logged, store: Path, tmp_path: Path):
    export = tmp_path / "export.jsonl"
    export.write_text("".join(json.dumps(call) + "\n" for call in logged.calls), "utf-8")
    done = logged.patchpilot("import", export, "--store", store)
    assert done.stdout.startswith(f"0 new, 0 changed, {len(logged.calls)} unchanged, 0 rejected")

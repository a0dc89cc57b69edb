"""From agents at work to numbers in the terminal and on the page, with nothing faked between."""

import json
import subprocess
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from analytics.metrics.catalog import CATALOG, METRICS
from analytics.metrics.evaluate import measure as measure_stored
from analytics.render import number
from analytics.store import lake
from analytics.store.reader import Reader
from tests.browser.conftest import NewTab, Serve
from tests.browser.loop.conftest import PATCHPILOT, PROJECT, RUNS, Logged
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
    for name, told in expected.items():
        assert found[name]["value"] == pytest.approx(told.value), name
        assert found[name]["n"] == told.n, name


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


def test_what_came_from_a_file_is_not_the_servers_to_delete(logged: Logged, tmp_path: Path):
    ghost = {**logged.calls[0], "id": "ghost", "trace_id": "ghost", "ended_at": None}
    export, store = tmp_path / "old.jsonl", tmp_path / "store"
    export.write_text(json.dumps(ghost) + "\n", "utf-8")
    logged.patchpilot("import", export, "--store", store)
    for _ in range(2):
        done = logged.patchpilot("sync", "--weave", PROJECT, "--store", store)
        assert "deleted" not in done.stdout
    assert _spans(store) == len(logged.calls) + 1


@pytest.mark.browser
def test_the_page_shows_those_numbers(store: Path, new_tab: NewTab, serve: Serve):
    reader = Reader(store)
    try:
        with reader.cursor() as cursor:
            found = measure_stored(cursor, CATALOG)
    finally:
        reader.close()
    tab = new_tab(serve(store).origin).open("/?period=all")
    tab.page.locator("[data-metric=runs_running]").wait_for()
    for name, shown in tab.cards().items():
        expected = number(found[name].value, METRICS[name].unit)
        assert shown.split() == expected.split(), name


def test_a_killed_sync_stores_all_or_nothing(logged: Logged, tmp_path: Path):
    store = tmp_path / "store"
    chance = Random(7)
    stored = {0}
    for _ in range(10):
        command = [PATCHPILOT, "sync", "--weave", PROJECT, "--store", store]
        with subprocess.Popen(
            command, env=logged.environment, stdout=subprocess.DEVNULL
        ) as process:
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=chance.uniform(0.2, 1.2))
            process.kill()
        stored.add(_spans(store))
    assert stored <= {0, len(logged.calls)}
    done = logged.patchpilot("sync", "--weave", PROJECT, "--store", store)
    assert done.returncode == 0, done.stderr
    assert _spans(store) == len(logged.calls)


def _spans(store: Path) -> int:
    if not lake.exists(store):
        return 0
    con = lake.connect(store, read_only=True)
    try:
        return con.execute("SELECT count(*) FROM lake.spans").fetchall()[0][0]
    finally:
        con.close()

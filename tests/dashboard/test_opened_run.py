"""A run that is too long to be shown in full says so, and how much is left out."""

from datetime import timedelta
from pathlib import Path

import pytest

from analytics.store.reader import Reader
from analytics.store.tables import MOST_CALLS
from dashboard import reading
from dashboard.opened_run import opened_run
from tests.dashboard import traces
from tests.dashboard.conftest import NEWEST, imported

BUGS = 23
LINES = 450


@pytest.fixture(scope="module")
def long_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One trace: a run with many bugs and more calls than are read, and a short run after it."""
    folder = tmp_path_factory.mktemp("long")
    first = traces.calls(traces.Run(at=NEWEST), 0)
    patch = next(call for call in first if "generate_patch" in call["op_name"])
    diff = traces.DIFF + "+one more line\n" * (LINES - len(traces.DIFF.splitlines()))
    first += [
        {
            **patch,
            "id": f"{patch['id']}-{number}",
            "output": {**patch["output"], "bug_id": f"bug {number}", "diff": diff},
        }
        for number in range(1, BUGS)
    ]
    first += [
        {**patch, "id": f"more-{n}", "op_name": "more", "output": n} for n in range(MOST_CALLS)
    ]
    later = traces.calls(traces.Run(at=NEWEST + timedelta(hours=1)), 1)
    later = [{**call, "trace_id": first[0]["trace_id"]} for call in later]
    return imported(folder, traces.write_calls(folder / "calls.jsonl", [first, later]))


def opened(store: Path, run_id: str) -> tuple[reading.RunDetail, str]:
    reader = Reader(store)
    version = reader.poll()
    with reader.cursor() as con:
        found = con.sql("SELECT source, run_id FROM runs").fetchall()
    reader.close()
    source = next(source for source, found_id in found if found_id == run_id)
    detail = reading.run_detail(store, version, source, run_id)
    assert detail is not None
    return detail, opened_run(detail).html


def test_a_long_run_counts_all_its_calls(long_store: Path):
    detail, html = opened(long_store, "run-00000")
    assert detail.calls_count == detail.run["spans_count"] > MOST_CALLS
    assert f"{detail.calls_count:,} calls, the first {len(detail.calls):,} are shown" in html


def test_a_long_diff_and_many_patches_say_what_is_left_out(long_store: Path):
    detail, html = opened(long_store, "run-00000")
    assert len(detail.diffs) + detail.diffs_left_out == BUGS
    assert f"and {detail.diffs_left_out} more patched bugs<" in html
    assert html.count(f"and {LINES - 400} more lines<") == len(detail.diffs)


def test_a_run_beyond_what_is_read_shows_no_calls_of_others(long_store: Path):
    detail, html = opened(long_store, "run-00001")
    assert detail.calls.is_empty()
    assert f"{detail.calls_count} calls, not shown" in html
    assert 'class="pp-call"' not in html

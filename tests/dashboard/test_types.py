"""Types of bugs: what a bug is called, its run is called too, so that a filter finds both."""

from pathlib import Path

import pytest

from analytics.overview import PERIODS, Overview, Scope, overview
from analytics.store.reader import Reader
from dashboard import app as overview_page
from dashboard import page
from tests.dashboard import traces
from tests.dashboard.conftest import NEWEST, imported
from tests.dashboard.test_notebooks import asked, run

EVERYTHING = Scope(period=PERIODS["all"])


@pytest.fixture(scope="module")
def typed_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run without a type, one with, and one whose bugs are of two types."""
    folder = tmp_path_factory.mktemp("typed")
    bugs = [("untold", None, "Nobody says of what type", "shop/a.py", 1), traces.BUGS[1]]
    told = [traces.calls(traces.Run(at=NEWEST, bug=bug), n) for n, bug in enumerate(bugs)]
    both = traces.calls(traces.Run(at=NEWEST, bug=traces.BUGS[1]), 2)
    other = traces.calls(traces.Run(at=NEWEST, bug=traces.BUGS[2]), 2)[1:]
    both += [
        {**call, "id": f"{call['id']}-other"} for call in other if "openai" not in call["op_name"]
    ]
    return imported(folder, traces.write_calls(folder / "calls.jsonl", [*told, both]))


def narrowed(store: Path, kind: str) -> Overview:
    reader = Reader(store, now=NEWEST)
    shown = overview(reader, EVERYTHING.filtered("bug_type", [kind]))
    reader.close()
    return shown


def test_a_run_is_of_the_type_of_its_bugs(typed_store: Path):
    reader = Reader(typed_store, now=NEWEST)
    with reader.cursor() as con:
        found = con.sql(
            "SELECT DISTINCT runs.bug_type, fixes.bug_type FROM runs JOIN fixes USING (source, run_id)"
        ).fetchall()
    reader.close()
    assert sorted(found) == [
        ("UI_BUG", "UI_BUG"),
        ("UNKNOWN", "UNKNOWN"),
        ("several", "DATA_ERROR"),
        ("several", "UI_BUG"),
    ]


@pytest.mark.parametrize(
    ("kind", "runs", "bugs", "several"),
    [("UNKNOWN", 1, 1, 0), ("UI_BUG", 1, 2, 1), ("DATA_ERROR", 0, 1, 1)],
)
def test_a_type_finds_its_bugs_and_their_runs(
    typed_store: Path, kind: str, runs: int, bugs: int, several: int
):
    shown = narrowed(typed_store, kind)
    assert (shown.runs, shown.series.bugs_timed, shown.runs_of_several_types) == (
        runs, bugs, several,
    )  # fmt: skip
    said = page.notices(shown, (), None, NEWEST).html
    assert ("1 run with bugs of several types." in said) == (several > 0)


@pytest.mark.parametrize("kind", ["UNKNOWN", "UI_BUG", "DATA_ERROR"])
def test_a_picked_type_does_not_empty_the_page(typed_store: Path, kind: str):
    scope = EVERYTHING.filtered("bug_type", [kind])
    html = run(overview_page, typed_store, **asked(first_scope=scope))
    assert "No runs match these filters." not in html
    assert 'data-metric="bugs_fixed"' in html


def test_without_a_type_nobody_is_told_of_several(typed_store: Path):
    reader = Reader(typed_store, now=NEWEST)
    assert overview(reader, EVERYTHING).runs_of_several_types == 0
    reader.close()

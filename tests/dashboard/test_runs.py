"""The page of runs: every cell in every state, what a run's story says, and texts that stay texts."""

import re
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import sync
from analytics.errors import UnknownNameError
from analytics.overview import PERIODS, Scope
from analytics.schema import RUNS
from analytics.store import run_tables, tables
from analytics.store.reader import Reader
from dashboard import address, call_tree, reading, run_columns, run_reading
from dashboard import runs as runs_page
from dashboard.run_reading import RunsView
from tests.dashboard import traces
from tests.dashboard.conftest import NEWEST, imported
from tests.dashboard.test_notebooks import Tags, run
from tests.golden.make import STATES

GOLDEN = Path(__file__).parents[1] / "golden"
ALL = Scope(period=PERIODS["all"])
TEXTS = st.lists(st.text(max_size=8), min_size=1, max_size=4)


def asked(**more: Any) -> dict[str, Any]:
    """What the cell that reads the address would say."""
    told = {"first_scope": ALL, "first_run": None, "first_view": RunsView(), "first_picked": ()}
    return {**told, "ignored": (), "is_live": True, **more}


def keys(store: Path) -> list[tuple[str, str]]:
    with reading.reader(store).cursor() as con:
        return con.sql("SELECT source, run_id FROM runs ORDER BY run_id").fetchall()


@pytest.fixture(scope="module")
def golden_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every golden trace in one store."""
    store = tmp_path_factory.mktemp("golden") / "store"
    sync.import_paths(store, sorted(map(str, GOLDEN.glob("*.jsonl"))))
    return store


@pytest.fixture(scope="module")
def busy_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run with a pipeline, a debugging cycle, tools, and 60 steps below one agent."""
    folder = tmp_path_factory.mktemp("busy")
    calls = traces.calls(traces.Run(at=NEWEST), 0)
    top, step = calls[0], calls[1]

    def add(op: str, at_s: float, output: object, parent: str = top["id"]) -> str:
        began = NEWEST + timedelta(seconds=at_s)
        more = {
            "id": f"more-{len(calls)}",
            "op_name": f"weave:///acme/shop/op/{op}:v0",
            "output": output,
        }
        times = {"started_at": f"{began}Z", "ended_at": f"{began + timedelta(seconds=5)}Z"}
        calls.append({**step, **more, **times, "parent_id": parent, "inputs": {}})
        return more["id"]

    add(
        "record.pipeline",
        1,
        {"pipeline_id": "17", "passed": False, "retry": 0, "failed_jobs": ["lint"]},
    )
    add(
        "record.debug",
        7,
        {"error_type": "LintError", "attempts": 2, "passed": True, "method": "patched"},
    )
    add("record.tool", 8, {"calls": 3, "failures": 1, "total_s": 3})
    agent = add("record.agent", 9, {})
    for number in range(60):
        add("tool.read", 9 + number / 20, {"line": number}, agent)
    return imported(folder, traces.write_calls(folder / "calls.jsonl", [calls]))


@cache
def story(store: Path, key: tuple[str, str]) -> run_tables.RunStory:
    """Read a run of a store that no test changes."""
    found = run_reading.story(store, reading.reader(store).poll(), key)
    assert found is not None
    return found


def test_every_cell_runs(any_store: Path):
    html = run(runs_page, any_store)
    assert "PatchPilot" in html
    assert "<marimo-checkbox" not in html


def test_an_empty_store_says_what_to_run(empty_store: Path):
    html = run(runs_page, empty_store, **asked())
    assert "patchpilot import PATH" in html
    assert "All runs</h2>" not in html


@pytest.mark.parametrize("state", list(STATES)[::6])
def test_a_golden_run_opens(state: str, golden_store: Path):
    # A whole page takes a second; test_a_story_counts_every_call reads the story of every run.
    with reading.reader(golden_store).cursor() as con:
        rows = con.execute(
            "SELECT source, run_id FROM runs WHERE project = $1", [f"golden/{state}"]
        )
        found = rows.fetchall()
    assert found
    html = run(runs_page, golden_store, **asked(first_run=found[0]))
    for part in (
        "Outcome",
        "Time</h2>",
        "Calls</h2>",
        "Cost and tools</h2>",
        "Bugs and patches</h2>",
    ):
        assert part in html
    assert "nan" not in html.lower().replace("tenant", "")


def test_the_first_check_that_is_believed_is_the_outcome(golden_store: Path):
    checked = 0
    for key in keys(golden_store):
        told = story(golden_store, key)
        says = [row for row in told.evidence.iter_rows(named=True) if row["passed"] is not None]
        wanted = told.run["outcome_checked"]
        if wanted is None:
            assert says == []
            continue
        open_bugs = (told.run["bugs_fixed"] or 0) < (told.run["bugs_found"] or 0)
        if not open_bugs or says[0]["rank"] != "check":
            assert {True: "pass", False: "fail"}[says[0]["passed"]] == wanted
            checked += 1
    assert checked > 10


def test_a_story_counts_every_call_of_its_run_once(golden_store: Path, busy_store: Path):
    for store in (golden_store, busy_store):
        runs = set(keys(store))
        for key in runs:
            told = story(store, key)
            within = {mark.call["span_id"] for mark in told.waterfall.marks} - {key[1]}
            others = sum((key[0], span_id) in runs for span_id in within)
            reached = sum(told.waterfall.kinds.values())
            assert reached + told.waterfall.unreached == told.run["spans_count"] + others, key
            assert (told.waterfall.unreached > 0) == key[1].startswith("parent_cycle"), key


def test_all_that_is_known_of_a_run_is_shown(busy_store: Path):
    (key,) = keys(busy_store)
    html = run(runs_page, busy_store, **asked(first_run=key))
    words = re.sub(r"<[^>]+>", " ", html)
    for said in (
        "lint",
        "LintError",
        "patched",
        "33.3 %",
        "gpt-4o",
        "Unified diff",
        "record.pipeline",
        "decides",
    ):
        assert said in words, said
    assert '<span class="pp-add">+' in html
    assert "Nothing recorded" not in words


def test_what_is_not_recorded_is_one_quiet_line(full_store: Path):
    html = run(runs_page, full_store, **asked(first_run=keys(full_store)[0]))
    assert "Nothing recorded: tools, pipelines, debugging cycles." in html
    assert 'aria-label="Pipelines"' not in html


def test_a_run_that_is_not_there_is_said_to_be_missing(full_store: Path):
    assert "No such run" in run(runs_page, full_store, **asked(first_run=("weave", "gone")))


def test_a_run_is_found_by_its_id_alone(full_store: Path):
    _, run_id = keys(full_store)[0]
    assert story(full_store, ("elsewhere", run_id)).run["run_id"] == run_id


def test_runs_side_by_side_mark_what_differs(full_store: Path):
    with reading.reader(full_store).cursor() as con:
        pair = con.sql(
            "SELECT any_value(source), min(run_id), max(run_id) FROM runs GROUP BY task, variant "
            "HAVING count(*) > 1 ORDER BY 2 LIMIT 1"
        ).fetchone()
    assert pair
    source, first, second = pair
    html = run(runs_page, full_store, **asked(first_picked=((source, first), (source, second))))
    rows = re.findall(r"<tr([^>]*)>(.*?)</tr>", html[html.index("Runs compared") :], re.DOTALL)
    marked = {re.sub(r"<[^>]+>", "", row).lstrip("≠"): "differs" in state for state, row in rows}
    assert any(is_marked for text, is_marked in marked.items() if first in text)
    assert not any(is_marked for text, is_marked in marked.items() if text.startswith("Variant"))
    for state, row in rows:
        assert ("≠" in row) == ('data-state="differs"' in state)
    # What nobody knows has no row.
    assert "Pipelines passed" not in html[html.index("Runs compared") :]


@pytest.mark.parametrize("order", ["started_at", "tokens", "task"])
@pytest.mark.parametrize("descending", [True, False])
def test_pages_hold_every_run_once_and_in_order(order: str, *, descending: bool, full: Reader):
    with full.cursor() as con:
        rows = con.table("runs")
        pages = [
            run_tables.runs(rows, [order], order=order, descending=descending, limit=50, offset=at)
            for at in range(0, 200, 50)
        ]
    found = pl.concat([page.rows for page in pages])
    assert found["run_id"].n_unique() == len(found) == pages[0].total
    known = found[order].drop_nulls().to_list()
    assert known == sorted(known, reverse=descending)
    assert found[order].tail(found[order].null_count()).null_count() == found[order].null_count()


@pytest.mark.parametrize("column", run_tables.COLUMNS)
def test_any_column_can_be_shown_and_sorted_by(column: str, full: Reader):
    told = run_columns.KNOWN[column]
    with full.cursor() as con:
        page = run_tables.runs(con.table("runs"), [column], order=column, limit=5)
    for value in (*page.rows[column], None):
        assert told.bare(value)
        assert told.said(value)
    assert told.title
    assert told.doc.endswith(".")
    assert told.bare(None) == told.said(None) == "—"


def test_a_column_that_does_not_exist_is_refused(full: Reader):
    with full.cursor() as con, pytest.raises(UnknownNameError, match="task"):
        run_tables.runs(con.table("runs"), ["tsk"])


def test_every_stored_column_has_a_title_of_its_own():
    titles = [column.title for column in run_columns.KNOWN.values()]
    assert len(set(titles)) == len(titles)
    assert set(RUNS.columns) <= set(run_columns.KNOWN)
    assert sum(len(columns) for columns in run_columns.grouped().values()) == len(titles)


def test_counts_are_of_what_all_other_filters_let_through(full_store: Path):
    version = reading.reader(full_store).poll()
    free = {f.column: f for f in run_reading.facets(full_store, version, ALL, RunsView())}
    total = sum(n for _, n in free["variant"].counts)
    narrow = ALL.filtered("variant", ["v2"])
    facets = {f.column: f for f in run_reading.facets(full_store, version, narrow, RunsView())}
    assert facets["variant"] == free["variant"]
    assert sum(n for _, n in facets["state"].counts) == dict(free["variant"].counts)["v2"] < total
    view = RunsView().filtered("outcome", ["fail"])
    failed = {f.column: f for f in run_reading.facets(full_store, version, ALL, view)}
    assert failed["outcome"] == free["outcome"]
    assert sum(n for _, n in failed["variant"].counts) == dict(free["outcome"].counts)["fail"]
    assert (
        run_reading.page(full_store, version, ALL, view).total
        == dict(free["outcome"].counts)["fail"]
    )


def test_search_is_no_sql_and_finds_words_anywhere(full_store: Path):
    version = reading.reader(full_store).poll()

    def total(words: str) -> int:
        return run_reading.page(full_store, version, ALL, RunsView(search=words)).total

    assert total("' OR 1=1; --") == 0
    assert 0 < total("CART-total v2") < total("cart-total") < total("")


def test_the_download_holds_the_selected_runs_and_defuses_formulas(full_store: Path):
    view = RunsView().filtered("outcome", ["pass"])
    found = run_reading.page(full_store, reading.reader(full_store).poll(), ALL, view)
    text = run_reading.download(full_store, ALL, view)
    read = pl.read_csv(text.encode(), infer_schema=False)
    assert len(read) == found.total
    assert read.columns == list(run_tables.COLUMNS)
    assert set(read["outcome"]) == {"pass"}


@given(TEXTS)
def test_several_values_are_told_apart_in_one_parameter(values: list[str]):
    assert address.parted(address.joined(values)) == values


def test_a_view_is_kept_by_its_address():
    view = RunsView(search="cart", order="cost_usd", descending=False, columns=("task", "coverage"))
    view = view.filtered("error_kind", ["infra", None])
    assert run_reading.view_of(view.parameters()) == view
    assert run_reading.view_of({"sort": ["-nothing"], "columns": ["x"]}) == RunsView()


def test_a_level_of_calls_is_read_page_by_page(busy_store: Path):
    told = story(busy_store, keys(busy_store)[0])
    agent = next(m.call["span_id"] for m in told.waterfall.marks if m.call["op"] == "record.agent")
    view = call_tree.first_view(told.run).toggled(agent)
    lines = call_tree.lines(run_reading.level(busy_store, told.run, view.most), view)
    below = [line for line in lines if line.above == agent]
    assert len(below) == run_reading.LEVEL_ROWS + 1
    assert below[-1].left_out == 60 - run_reading.LEVEL_ROWS
    view = view.more(agent)
    lines = call_tree.lines(run_reading.level(busy_store, told.run, view.most), view)
    more = [line for line in lines if line.above == agent]
    assert [line.call for line in more][: run_reading.LEVEL_ROWS] == [line.call for line in below][
        :-1
    ]
    assert view.toggled(agent).toggled(agent).most[agent] == run_reading.LEVEL_ROWS


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 50), st.none() | st.integers(0, 50)),
        max_size=40,
    )
)
def test_no_bar_covers_another_and_each_stands_below_its_cause(
    drawn: list[tuple[int, int, int | None]],
):
    calls: list[dict[str, Any]] = []
    depths: dict[int, int] = {}
    for number, (parent, start, length) in enumerate(drawn):
        above = parent if parent in depths else None
        depths[number] = 0 if above is None else depths[above] + 1
        call = {"span_id": str(number), "parent_id": str(above), "depth": depths[number]}
        status = "running" if length is None else "ok"
        began = NEWEST + timedelta(seconds=start)
        calls.append({**call, "duration_s": length, "status": status, "started_at": began})
    calls.sort(key=lambda call: call["depth"])
    marks, whole = run_tables.placed(calls, is_running=False)
    assert sorted(mark.call["span_id"] for mark in marks) == sorted(
        call["span_id"] for call in calls
    )
    lanes = {mark.call["span_id"]: mark.lane for mark in marks}
    for mark in marks:
        assert lanes.get(mark.call["parent_id"], -1) < mark.lane
        assert 0 <= mark.start_s <= mark.end_s <= whole
        for other in marks:
            if other is not mark and other.lane == mark.lane:
                assert mark.end_s <= other.start_s or other.end_s <= mark.start_s


def test_hostile_texts_stay_texts(hostile_store: Path):
    first, second, *_ = keys(hostile_store)
    asks = [asked(first_run=first), asked(first_picked=(first, second))]
    for html in (run(runs_page, hostile_store, **more) for more in asks):
        seen = Tags()
        seen.feed(html)
        assert not seen.names & {
            "script",
            "img",
            "iframe",
            "object",
            "embed",
            "base",
            "link",
            "style",
        }
        assert not {name for name in seen.attributes if name.startswith("on")}
        assert not {link for link in seen.links if not link.startswith(("#", "../"))}
        assert "&lt;script&gt;window.pwned" in html
        assert all(
            text not in html for text in traces.HOSTILE if text.startswith(("<script", "<img"))
        )


def test_what_a_call_carried_is_read_on_demand(busy_store: Path):
    told = story(busy_store, keys(busy_store)[0])
    last = told.waterfall.marks[-1].call["span_id"]
    carried = run_reading.payload(busy_store, told.run, last)
    assert carried is not None
    assert carried.output
    with tables.consistent(reading.reader(busy_store)) as con:
        assert not run_tables.level(con, told.run, {}).calls

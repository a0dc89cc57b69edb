"""Every cell of every notebook runs, in every state of the store, live and exported."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import marimo
import pytest
from marimo._plugins.ui._core.ui_element import UIElement

from analytics.errors import StoreError
from analytics.overview import Scope
from analytics.store import consistency, tables
from analytics.store.loading import VIEWS
from analytics.store.reader import Reader
from dashboard import app as overview_page
from dashboard import explore as explore_page
from dashboard import freshness, pages, reading, run_reading
from dashboard import outcomes as outcomes_page
from dashboard import runs as runs_page
from dashboard import spending as spending_page
from tests.dashboard.conftest import NEWEST, imported
from tests.dashboard.traces import HOSTILE, calls, history, write_calls
from tests.golden import make

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NOTEBOOKS = [overview_page, explore_page]
EVERY = [*NOTEBOOKS, outcomes_page, runs_page, spending_page]
PAGES_BESIDE = tuple(f"{each.path[1:]}/" for each in pages.PAGES if each.path)


def _truth_of_a_control(control: object) -> bool:
    raise AssertionError(f"a cell asks whether {type(control).__name__} is true")


def run(page: ModuleType, store: Path, **more: Any) -> str:
    """Run all cells over a store and return what they show as one text."""
    reader = Reader(store)
    defs = {"store": store, "reader": reader, "first_version": reader.poll(), **more}
    with pytest.MonkeyPatch.context() as patch:
        # A control is always true, and says so on standard error each time that it is asked.
        patch.setattr(UIElement, "__bool__", _truth_of_a_control)
        outputs, found = page.app.run(defs=defs)
    assert set(defs) <= set(found), "an injected name that no cell defines is ignored in silence"
    return "".join(output.text for output in outputs if isinstance(output, marimo.Html))


_shown: dict[tuple[str, Path], str] = {}


def shown(page: ModuleType, store: Path) -> str:
    """Return what all cells show over a store of which nothing else is asked."""
    key = page.__name__, store
    if key not in _shown:
        _shown[key] = run(page, store)
    return _shown[key]


def asked(**more: Any) -> dict[str, Any]:
    """What the cell that reads the address would say."""
    return {"first_scope": Scope(), "first_run": None, "ignored": (), "is_live": True, **more}


@pytest.mark.parametrize("page", [*NOTEBOOKS, spending_page], ids=lambda page: page.__name__)
def test_every_cell_runs(page: ModuleType, any_store: Path):
    assert "PatchPilot" in shown(page, any_store)


class InMemory:
    """A connection that reads what is in memory, and files of the store where a commit would be noticed."""

    noticing = 0
    """How many blocks are open that notice a commit."""

    def __init__(self, con: "DuckDBPyConnection") -> None:
        self._con = con

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._con, name)
        if not callable(found):
            return found

        def called(*given: Any, **named: Any) -> Any:
            text = given[0] if given and isinstance(given[0], str) else ""
            assert InMemory.noticing or not re.search(r"\blake\.", text), f"files are read: {text}"
            return found(*given, **named)

        return called


@pytest.fixture
def in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who does not say that it reads files reads none."""
    consistent, unchanged = tables.consistent, consistency.unchanged

    @contextmanager
    def told(reader: Reader, *, files: bool = False) -> Iterator[Any]:
        with consistent(reader, files=files) as con:
            yield con if files else InMemory(con)

    @contextmanager
    def noticing(con: "DuckDBPyConnection") -> Iterator[None]:
        with unchanged(con):
            InMemory.noticing += 1
            try:
                yield
            finally:
                InMemory.noticing -= 1

    monkeypatch.setattr(tables, "consistent", told)
    monkeypatch.setattr(consistency, "unchanged", noticing)


@pytest.fixture(scope="module")
def rich_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small store that has rows in every view. No other test shows it: answers are kept."""
    folder = tmp_path_factory.mktemp("rich")
    runs = [calls(run, number) for number, run in enumerate(history(2, until=NEWEST))]
    golden = map(make.calls, ("stated_otherwise", "batch_stuck"))
    return imported(folder, write_calls(folder / "calls.jsonl", [*runs, *golden]))


def test_the_rich_store_has_rows_in_every_view(rich_store: Path):
    with tables.consistent(reading.reader(rich_store)) as con:
        assert [name for name in VIEWS if not len(con.table(name))] == []


@pytest.mark.usefixtures("in_memory")
@pytest.mark.parametrize("page", EVERY, ids=lambda page: page.__name__)
@pytest.mark.parametrize("there", ["rich_store", "empty_store"])
def test_no_cell_reads_files_unless_it_says_so(
    page: ModuleType, there: str, request: pytest.FixtureRequest
):
    assert "PatchPilot" in run(page, request.getfixturevalue(there))


@pytest.mark.usefixtures("in_memory")
@pytest.mark.parametrize("page", [overview_page, runs_page], ids=lambda page: page.__name__)
def test_no_opened_run_reads_files_unless_it_says_so(page: ModuleType, rich_store: Path):
    store = rich_store
    reader = reading.reader(store)
    fixed = reading.fixes(store, reader.poll(), Scope(), reading.TableView(search="fixed"))
    row = fixed.rows.row(0, named=True)
    more = asked(first_run=(row["source"], row["run_id"]))
    if page is runs_page:
        more |= {"first_view": run_reading.view_of({}), "first_picked": ()}
    assert "generate_patch" in run(page, store, **more)


@pytest.mark.usefixtures("in_memory")
def test_who_does_not_say_so_is_refused(rich_store: Path):
    reader = reading.reader(rich_store)
    with tables.consistent(reader) as con:
        assert con.execute("SELECT count(*) FROM runs").fetchone()
        with pytest.raises(AssertionError, match="files are read"):
            tables.imports(con)
        assert consistency.again(tables.store_facts)(con).imports


def test_live_controls_are_there_and_only_there(full_store: Path):
    live, exported = run(overview_page, full_store, **asked()), shown(overview_page, full_store)
    for control in ("marimo-refresh", "marimo-multiselect", "marimo-text", "marimo-button"):
        assert f"<{control}" in live
        assert f"<{control}" not in exported


def test_numbers_are_those_of_the_overview(full_store: Path):
    html = shown(overview_page, full_store)
    reader = reading.reader(full_store)
    answers = reading.answers(full_store, reader.poll(), Scope())
    for headline in (*answers.first, *answers.second):
        card = re.search(rf'data-metric="{headline.card.name}".*?</article>', html, re.DOTALL)
        assert card, headline.card.name
        text = re.sub(r"<[^>]+>", "", card[0])
        assert headline.card.value.replace(" ", "") in text.replace(" ", "")
        assert headline.card.interval in text


def test_an_empty_store_says_what_to_run(empty_store: Path):
    html = shown(overview_page, empty_store)
    assert "No traces yet." in html
    assert "patchpilot import PATH" in html
    assert 'data-metric="pass_rate"' not in html


def test_only_running_runs_have_no_rates(running_store: Path):
    html = shown(overview_page, running_store)
    assert "3 runs in progress, none finished yet." in html
    assert "No finished runs yet" in html


def test_filters_without_a_match_say_so(full_store: Path):
    nobody = Scope().filtered("variant", ["v1"]).filtered("task", ["none such"])
    html = run(overview_page, full_store, **asked(first_scope=nobody))
    assert "No runs match these filters." in html


def test_an_opened_run_shows_its_calls_and_its_patch(full_store: Path):
    reader = reading.reader(full_store)
    version = reader.poll()
    fixed = reading.fixes(full_store, version, Scope(), reading.TableView(search="fixed"))
    row = fixed.rows.row(0, named=True)
    html = run(overview_page, full_store, **asked(first_run=(row["source"], row["run_id"])))
    assert html.count('<details class="pp-call"') >= 5
    assert "FixerAgent.generate_patch" in html
    assert '<span class="pp-add">+' in html


def test_a_run_that_is_not_there_is_said_to_be_missing(full_store: Path):
    assert "No such run" in run(overview_page, full_store, **asked(first_run=("weave", "gone")))


def test_what_the_address_asks_in_vain_is_said(full_store: Path):
    html = run(overview_page, full_store, **asked(ignored=("No variant “v9” in the store.",)))
    assert "Ignored in the address." in html
    assert "No variant “v9” in the store." in html


def test_a_store_that_cannot_be_opened_is_a_designed_page(monkeypatch: pytest.MonkeyPatch):
    def refuse() -> None:
        raise StoreError("the store in data/store was written by a newer version.")

    monkeypatch.setattr(reading, "choice", refuse)
    outputs, _ = overview_page.app.run()
    html = "".join(output.text for output in outputs if isinstance(output, marimo.Html))
    assert "The store cannot be opened." in html
    assert "written by a newer version" in html


def test_an_answer_is_downloaded_by_our_own_hands_only(full_store: Path):
    html = shown(explore_page, full_store)
    (table,) = re.findall(r"<marimo-table[^>]*>", html)
    assert "data-show-download='false'" in table
    assert "answer.csv" in html


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT mode(range) FROM range(1000000000)", "no answer within"),
        ("SELECT nowhere FROM runs", "nowhere"),
    ],
    ids=["large", "mistaken"],
)
def test_a_question_that_has_no_answer_is_told_on_the_page(
    sql: str, said: str, full_store: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("dashboard.explored.EXAMPLE", sql)
    html = run(explore_page, full_store)
    assert "No answer." in html
    assert said in html


def test_a_store_that_is_gone_is_told_on_the_page_to_explore(running_store: Path, tmp_path: Path):
    store = Path(shutil.copytree(running_store, tmp_path / "store"))
    reader = Reader(store)
    version = reader.poll()
    faults: list[str | None] = [None]
    look = freshness.poller(reader, version, lambda _: None, faults.append)
    states = {"get_version": lambda: version, "set_version": print, "set_fault": print}

    assert "The store cannot be reached." not in shown(explore_page, running_store)
    shutil.rmtree(store)
    look(1)
    html = run(explore_page, running_store, get_fault=lambda: faults[-1], **states)
    assert "The store cannot be reached." in html
    assert f"the store in {store} has been removed." in html


class Tags(HTMLParser):
    """Collects what a browser would take for elements and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name in ("href", "src")}


@pytest.mark.parametrize("page", NOTEBOOKS, ids=lambda page: page.__name__)
def test_hostile_texts_stay_texts(page: ModuleType, hostile_store: Path):
    reader = reading.reader(hostile_store)
    fixes = reading.fixes(hostile_store, reader.poll(), Scope(), reading.TableView())
    row = fixes.rows.row(0, named=True)
    if page is overview_page:
        html = run(page, hostile_store, **asked(first_run=(row["source"], row["run_id"])))
    else:
        html = shown(page, hostile_store)
    seen = Tags()
    seen.feed(html)
    assert not seen.names & {"script", "img", "iframe", "object", "embed", "base", "link", "style"}
    assert not {name for name in seen.attributes if name.startswith("on")}
    assert not {link for link in seen.links if not link.startswith(("#", "../", *PAGES_BESIDE))}
    if page is overview_page:
        assert "&lt;script&gt;window.pwned" in html
        assert all(text not in html for text in HOSTILE if text.startswith(("<script", "<img")))

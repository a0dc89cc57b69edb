"""The page of cost and tools in a real browser: right numbers, narrow and dark, and links that lead on."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from analytics import cost, sync
from analytics.metrics.catalog import METRICS
from analytics.metrics.evaluate import measure
from analytics.overview import Scope, selection, window
from analytics.render import number
from analytics.store.reader import Reader
from dashboard.spent import FIRST_CARDS, SECOND_CARDS
from tests.browser.conftest import NewTab, Serve
from tests.browser.test_hostile import TEXTS, is_unharmed
from tests.dashboard import spending_traces
from tests.server.launch import Served, serving

pytestmark = pytest.mark.browser

CHARTS = 5


@pytest.fixture(scope="module")
def spent_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two weeks of an invented team, with one call that costs more than all others."""
    folder = tmp_path_factory.mktemp("spent")
    runs = [*spending_traces.team(), spending_traces.outlier()]
    file = spending_traces.write(folder / "calls.jsonl", runs)
    sync.import_paths(folder / "store", [str(file)], prices=cost.parse(spending_traces.PRICES))
    return folder / "store"


@pytest.fixture(scope="module")
def spent(spent_store: Path) -> Iterator[Served]:
    with serving(spent_store) as served:
        yield served


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_cards_charts_and_tables_are_there(
    spent_store: Path, spent: Served, new_tab: NewTab, width: int, scheme: str
):
    tab = new_tab(spent.origin, width=width, scheme=scheme).open("/spending/?period=14d")
    expect(tab.page.locator("svg.marks")).to_have_count(CHARTS, timeout=30_000)
    told = tab.cards()
    reader = Reader(spent_store)
    with reader.cursor() as con:
        where = selection(Scope(), window(con, Scope(), reader.now))
        found = measure(con, [METRICS[name] for name in (*FIRST_CARDS, *SECOND_CARDS)], where)
    reader.close()
    for name, estimate in found.items():
        assert told[name] == number(estimate.value, METRICS[name].unit), name
    tab.sees("One of 207 calls makes 90 % of the cost.")
    tab.sees("Over the budget of $0.40 a day")
    assert tab.width() <= width


def test_tools_are_sorted_and_turned_page_by_page(spent: Served, new_tab: NewTab):
    tab = new_tab(spent.origin).open("/spending/")
    tools = tab.page.locator("#tools")
    expect(tools).to_contain_text("1 to 10 of 18", timeout=30_000)
    tools.get_by_role("button", name="Next →").click()
    expect(tools).to_contain_text("11 to 18 of 18", timeout=60_000)
    tools.get_by_role("button", name="Tool", exact=True).click()
    expect(tools.locator("tbody tr").first).to_contain_text("tool_00", timeout=60_000)
    assert tools.locator("tbody tr").count() == 10


def test_a_view_is_an_address_and_goes_along_to_other_pages(spent: Served, new_tab: NewTab):
    tab = new_tab(spent.origin).open("/spending/?variant=v2")
    expect(tab.page.locator(".pp-chip")).to_contain_text("Variant: v2", timeout=30_000)
    tab.page.locator("nav a", has_text="Overview").click()
    expect(tab.page).to_have_url(re.compile(r"/\?variant=v2$"), timeout=60_000)
    expect(tab.page.locator(".pp-chip")).to_contain_text("Variant: v2", timeout=30_000)


def test_what_costs_is_cut_otherwise(spent: Served, new_tab: NewTab):
    tab = new_tab(spent.origin).open("/spending/")
    picker = tab.page.locator("select").filter(has_text="Variant")
    picker.wait_for(timeout=30_000)
    picker.select_option(label="Task")
    expect(tab.page.locator("#cost-by svg")).to_contain_text("5 others", timeout=60_000)


def test_nothing_of_a_trace_runs_on_the_page(tmp_path: Path, serve: Serve, new_tab: NewTab):
    file = spending_traces.write(tmp_path / "calls.jsonl", spending_traces.hostile(TEXTS))
    sync.import_paths(tmp_path / "store", [str(file)])
    served = serve(tmp_path / "store")
    tab = new_tab(served.origin).open("/spending/")
    expect(tab.page.locator("#pipelines svg.marks")).to_be_visible(timeout=30_000)
    for label in ("Agent", "Task", "Variant"):
        tab.page.locator("select").filter(has_text="Variant").select_option(label=label)
        tab.page.wait_for_timeout(400)
    tab.point_at_marks()
    assert is_unharmed(tab)
    assert tab.page.url.startswith(served.origin)

"""The exported page, opened from disk with the network off."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from analytics.overview import PERIODS, Scope
from analytics.sync import StoreChoice
from dashboard.share import write_page
from tests.browser.conftest import NewTab
from tests.browser.test_overview import numbers

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def exported(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("page") / "status.html"
    write_page(StoreChoice(path=store, demo=False), file, "28d")
    return file


@pytest.mark.parametrize(("width", "scheme"), [(1440, "dark"), (390, "light")])
def test_it_shows_numbers_and_live_charts(
    exported: Path, store: Path, new_tab: NewTab, width: int, scheme: str
):
    tab = new_tab(exported.as_uri(), width=width, scheme=scheme, offline=True).open(path="")
    page = tab.page
    expect(page.locator("figure svg.marks")).to_have_count(7, timeout=60_000)
    told = {
        str(card.get_attribute("data-metric")): card.locator(".value").inner_text()
        for card in page.locator("article[data-metric]").all()
    }
    assert told == numbers(store, Scope(period=PERIODS["28d"]))
    assert tab.width() <= width
    tab.point_at_marks()
    assert page.locator("#vg-tooltip-element").inner_text() != ""

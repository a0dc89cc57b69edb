"""The page of runs in a real browser: pages, filters, comparing, opening, and links from elsewhere."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from analytics import sync
from dashboard import address
from tests.browser.conftest import NewTab, Serve, Tab, now
from tests.browser.test_hostile import TEXTS, is_unharmed
from tests.dashboard import traces
from tests.server.launch import Served

pytestmark = pytest.mark.browser
LIST = "#runs .pp-table tbody tr"


def sideways(tab: Tab) -> bool:
    return tab.width() > tab.page.evaluate("innerWidth")


def open_first(tab: Tab) -> None:
    tab.page.locator("#runs").get_by_role("button", name="Open").first.click()
    tab.page.locator("#time .pp-mark").first.wait_for(timeout=60_000)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_a_run_is_opened_level_by_level(served: Served, new_tab: NewTab, width: int, scheme: str):
    tab = new_tab(served.origin, width=width, scheme=scheme).open("/runs/?variant=v2", until=LIST)
    assert not sideways(tab)
    open_first(tab)
    assert not sideways(tab)
    expect(tab.page).to_have_url(re.compile("[?&]run="), timeout=60_000)
    calls = tab.page.locator("#calls")
    calls.get_by_role("button", name="Show", exact=True).nth(1).click()
    calls.get_by_text("Output").locator("visible=true").first.wait_for(timeout=60_000)
    assert not sideways(tab)
    before = calls.locator(".pp-call").count()
    calls.get_by_role("button", name=re.compile("▸")).first.click()
    expect(calls.locator(".pp-call")).not_to_have_count(before, timeout=60_000)
    tab.page.get_by_role("button", name="← All runs").click()
    tab.page.locator(LIST).first.wait_for(timeout=60_000)


def test_filters_search_and_order_stay_in_the_address(served: Served, new_tab: NewTab):
    tab = new_tab(served.origin).open("/runs/", until=LIST)
    facet = tab.page.locator(".pp-facet li").filter(has_text="v2")
    facet.get_by_role("button").click()
    expect(tab.page).to_have_url(re.compile("variant=v2"), timeout=60_000)
    tab.page.locator("#runs").get_by_placeholder("Search tasks").fill("cart")
    expect(tab.page).to_have_url(re.compile("q=cart"), timeout=60_000)
    expect(tab.page.locator(LIST).filter(has_not_text="cart")).to_have_count(0, timeout=60_000)
    tab.page.wait_for_timeout(500)
    tab.page.locator("#runs th").get_by_role("button", name="Took, s").click()
    expect(tab.page).to_have_url(re.compile("sort=-duration_s"), timeout=60_000)
    place = tab.page.locator("#runs .pp-pages span").first.inner_text()
    tab.page.reload()
    expect(tab.page.locator("#runs .pp-pages span").first).to_have_text(place, timeout=60_000)
    texts = tab.page.locator("#runs td.pp-figure").all_inner_texts()
    assert texts
    expect(
        tab.page.locator("#runs td.pp-variant, #runs td.pp-word").filter(has_text="v1")
    ).to_have_count(0)


def test_an_address_carries_several_values_of_one_filter(served: Served, new_tab: NewTab):
    tab = new_tab(served.origin).open(
        "/runs/?" + address.query({"outcome": ["pass", "fail"]}), until=LIST
    )
    expect(tab.page.locator('.pp-facet li[data-state="on"]')).to_have_count(2, timeout=60_000)


def test_runs_are_put_side_by_side(served: Served, new_tab: NewTab):
    tab = new_tab(served.origin).open("/runs/", until=LIST)
    for number in (0, 1):
        tab.page.locator("#runs").get_by_role("checkbox").nth(number).click()
        expect(tab.page.locator('#runs tr[data-state="open"]')).to_have_count(
            number + 1, timeout=60_000
        )
    compared = tab.page.locator("#compare")
    expect(compared.locator("th.pp-compared")).to_have_count(2, timeout=60_000)
    expect(compared.locator(".pp-differs").first).to_be_visible()
    tab.page.reload()
    expect(compared.locator("th.pp-compared")).to_have_count(2, timeout=60_000)
    compared.get_by_role("button", name="Remove all").click()
    expect(compared).to_have_count(0, timeout=60_000)


def test_the_overview_leads_to_everything_about_a_run(served: Served, new_tab: NewTab):
    tab = new_tab(served.origin).open("/?variant=v2")
    tab.page.locator("#fixes td.pp-bug a").first.click()
    tab.page.locator("#time .pp-mark").first.wait_for(timeout=60_000)
    assert "/runs/?run=" in tab.page.url


def test_nothing_of_a_trace_runs_where_runs_are_shown(
    tmp_path: Path, serve: Serve, new_tab: NewTab
):
    runs = [
        traces.Run(at=now(), bug=(text, text, text, text, 7), variant=text, model=text, error=error)
        for text in TEXTS
        for error in (None, text)
    ]
    file = traces.write(tmp_path / "hostile.jsonl", runs)
    sync.import_paths(tmp_path / "store", [str(file)])
    tab = new_tab(serve(tmp_path / "store").origin).open("/runs/", until=LIST)
    assert is_unharmed(tab)
    for number in range(5):
        tab.page.locator("#runs").get_by_role("checkbox").nth(number).click()
        expect(tab.page.locator("th.pp-compared")).to_have_count(number + 1, timeout=60_000)
    assert is_unharmed(tab)
    open_first(tab)
    calls = tab.page.locator("#calls")
    for number in range(3):
        calls.get_by_role("button", name="Show", exact=True).nth(number).click()
        tab.page.wait_for_timeout(500)
    tab.page.locator(".pp-mark").nth(1).hover()
    assert is_unharmed(tab)
    assert tab.page.url.startswith(tab.origin)

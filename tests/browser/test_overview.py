"""The overview in a real browser: right numbers, kept views, and nothing that happens by itself."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from analytics.metrics.catalog import METRICS
from analytics.metrics.evaluate import measure
from analytics.overview import FIRST_CARDS, PERIODS, SECOND_CARDS, Scope, selection, window
from analytics.render import number
from analytics.store.reader import Reader
from tests.browser.conftest import NewTab, Tab
from tests.server.launch import Served

pytestmark = pytest.mark.browser
CARDS = (*FIRST_CARDS, *SECOND_CARDS)


def numbers(store: Path, scope: Scope) -> dict[str, str]:
    """Return what the cards have to say of a scope."""
    reader = Reader(store)
    with reader.cursor() as con:
        metrics = [METRICS[name] for name in CARDS]
        found = measure(con, metrics, selection(scope, window(con, scope, reader.now)))
    reader.close()
    return {name: number(found[name].value, METRICS[name].unit) for name in CARDS}


def test_the_numbers_differ_where_they_should(store: Path):
    whole, newer = Scope(period=PERIODS["all"]), Scope().filtered("variant", ["v2"])
    assert len({tuple(numbers(store, scope).values()) for scope in (Scope(), whole, newer)}) == 3


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_cards_and_charts_are_there(
    served: Served, store: Path, new_tab: NewTab, width: int, scheme: str
):
    tab = new_tab(served.origin, width=width, scheme=scheme).open()
    assert tab.cards() == numbers(store, Scope())
    expect(tab.page.locator("svg.marks")).to_have_count(7, timeout=60_000)
    assert tab.width() <= width
    light = tab.page.evaluate(
        "getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).slice(0, 3).every(c => c > 128)"
    )
    assert light is (scheme == "light")


def test_a_page_that_nobody_touches_runs_nothing(served: Served, new_tab: NewTab):
    tab = new_tab(served.origin).open()
    expect(tab.page.locator("svg.marks")).to_have_count(7, timeout=60_000)
    tab.page.wait_for_timeout(1_500)
    assert any('"cell-op"' in frame for frame in tab.frames)
    for _ in range(10):
        tab.frames.clear()
        tab.page.wait_for_timeout(1_500)
        if not any('"cell-op"' in frame for frame in tab.frames):
            break
    # Longer than the interval of the refresh control: a look at the store that finds nothing new
    # runs no cell.
    tab.page.wait_for_timeout(6_000)
    assert not [frame for frame in tab.frames if '"cell-op"' in frame]


def test_the_icon_of_a_look_turns_for_who_points_at_it(served: Served, new_tab: NewTab):
    tab = new_tab(served.origin).open()
    control = tab.page.locator("marimo-refresh")
    control.wait_for(state="attached", timeout=60_000)
    tab.page.mouse.move(0, 0)
    assert tab.page.evaluate(_TURNS, 2_500) is False
    control.locator("button").hover()
    assert tab.page.evaluate(_TURNS, 2_500) is True


def test_what_waits_for_numbers_grows_pale_at_once_and_late(served: Served, new_tab: NewTab):
    tab = new_tab(served.origin).open()
    assert tab.page.evaluate(_WAITS, 500) == ["1", "none"]
    assert tab.page.evaluate(_WAITS, 1_500) == ["0.4", "none"]


def test_an_address_is_a_view(served: Served, store: Path, new_tab: NewTab):
    tab = new_tab(served.origin).open("/?variant=v2&period=all")
    expected = numbers(store, Scope(period=PERIODS["all"]).filtered("variant", ["v2"]))
    assert tab.cards() == expected
    assert tab.reload().cards() == expected


def test_a_chosen_period_stays_in_the_address(served: Served, store: Path, new_tab: NewTab):
    tab = new_tab(served.origin).open()
    tab.page.locator("select").filter(has_text="All time").select_option(label="All time")
    expect(tab.page).to_have_url(re.compile(r"[?&]period=all(&|$)"), timeout=60_000)
    expected = numbers(store, Scope(period=PERIODS["all"]))
    expect(tab.page.locator("[data-metric=bugs_fixed] .pp-value")).to_have_text(
        expected["bugs_fixed"], timeout=60_000
    )
    assert tab.reload().cards() == expected


def test_an_address_that_means_nothing_is_told(served: Served, store: Path, new_tab: NewTab):
    tab = new_tab(served.origin).open("/?variant=v3&period=28&from=x")
    tab.sees("Did you mean “28d”?")
    assert tab.cards() == numbers(store, Scope())


def test_a_run_is_opened_and_stays_open(served: Served, new_tab: NewTab):
    tab = new_tab(served.origin).open("/?variant=v2")
    tab.page.get_by_role("button", name="Open").nth(2).click()
    calls = tab.page.locator("#run")
    calls.get_by_text("TesterAgent.run_test").locator("visible=true").first.wait_for()
    expect(tab.page).to_have_url(re.compile("[?&]run="), timeout=60_000)
    run_id = calls.locator("code", has_text="run-").first.inner_text()
    tab.reload()
    expect(calls.locator("code", has_text=run_id).first).to_be_visible(timeout=60_000)
    assert not _sideways(tab)


_TURNS = """
patience => new Promise(resolve => {
  const began = performance.now();
  const look = () => {
    const root = document.querySelector("marimo-refresh").shadowRoot;
    if (root.getAnimations().some(each => each.animationName === "spin")) return resolve(true);
    if (performance.now() - began > patience) return resolve(false);
    setTimeout(look, 20);
  };
  look();
})
"""
"""Whether the icon of the refresh control turned within some milliseconds; it looks once a second."""

_WAITS = """
async patience => {
  const part = document.createElement("div");
  document.body.append(part);
  getComputedStyle(part).opacity;
  part.classList.add("marimo-output-stale", "marimo-output-loading");
  await new Promise(resolve => setTimeout(resolve, patience));
  const { opacity, filter } = getComputedStyle(part);
  part.remove();
  return [opacity, filter];
}
"""
"""How an output looks that has waited for some milliseconds."""


def _sideways(tab: Tab) -> bool:
    return tab.width() > tab.page.evaluate("innerWidth")

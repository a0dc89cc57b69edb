"""A file that grows changes the open page, and leaves everything else on it as it was."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewTab, Serve, now
from tests.dashboard import traces

pytestmark = pytest.mark.browser


def test_new_runs_appear_where_the_reader_is(tmp_path: Path, serve: Serve, new_tab: NewTab):
    file = traces.write(tmp_path / "grows.jsonl", traces.history(6, until=now()))
    served = serve(tmp_path / "store", "--data", file)
    tab = new_tab(served.origin).open("/?period=all")
    page = tab.page
    page.get_by_role("button", name="Next →").click()
    shown = page.locator("#fixes .pp-pages")
    expect(shown).to_contain_text("11 to 20 of 36", timeout=60_000)
    page.get_by_role("button", name="Open").first.click()
    page.locator("#run code", has_text="run-").first.wait_for(timeout=60_000)
    opened = page.locator("#run code", has_text="run-").first.inner_text()
    before = tab.cards()
    page.locator("#fixes").evaluate("part => part.scrollIntoView()")
    page.wait_for_timeout(500)
    place = page.evaluate(_PLACE)
    assert place > 0

    more = traces.write(tmp_path / "more.jsonl", [traces.Run(at=now())], first=1000)
    with file.open("a") as out:
        out.write(more.read_text())
    expect(shown).to_contain_text("of 37", timeout=60_000)

    assert shown.inner_text().startswith("11 to 20")
    assert page.locator("#run code", has_text="run-").first.inner_text() == opened
    expect(page).to_have_url(re.compile("[?&]run="))
    fixed = page.locator("[data-metric=bugs_fixed] .pp-value")
    expect(fixed).to_have_text(str(int(before["bugs_fixed"]) + 1), timeout=60_000)
    page.wait_for_timeout(500)
    assert abs(page.evaluate(_PLACE) - place) <= 2


_PLACE = (
    "Math.max(document.scrollingElement.scrollTop, document.getElementById('App')?.scrollTop ?? 0)"
)

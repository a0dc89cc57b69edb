"""Traces are written by strangers: nothing in them may run, load or lead anywhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from analytics import sync
from dashboard.share import write_page
from tests.browser.conftest import NewTab, Tab, now
from tests.dashboard import traces
from tests.server.launch import Served, serving

pytestmark = pytest.mark.browser

HACK = "window.hacked = (window.hacked || 0) + 1; alert(1)"
TEXTS = (
    f"<script>{HACK}</script>",
    f"</script><script>{HACK}</script>",
    f'<img src=x onerror="{HACK}">',
    f'" autofocus onfocus="{HACK}" x="',
    f"<svg><script>{HACK}</script></svg>",
    f'<iframe srcdoc="<script>parent.{HACK}</script>"></iframe>',
    f"text/html:<img src=x onerror='{HACK}'>",
    f"<marimo-html data-html='\"<img src=x onerror=&quot;{HACK}&quot;>\"'></marimo-html>",
    f"<marimo-ui-element object-id='x'><marimo-button data-label='\"<img src=x onerror={HACK}>\"'>"
    "</marimo-button></marimo-ui-element>",
    f"[click](javascript:{HACK})",
    f"javascript:{HACK}",
    "![image](http://evil.example/pixel.png) <link rel=stylesheet href=http://evil.example/a.css>",
    f"<style>@import 'http://evil.example/a.css';</style><math><mi xlink:href='javascript:{HACK}'>",
    "{{constructor.constructor('alert(1)')()}} ${alert(1)} datum.x",
    f"a\u2028{HACK}\u2029//",
)  # fmt: skip


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run for each text, which stands in every field, and two such variants to compare."""
    folder = tmp_path_factory.mktemp("hostile")
    runs = [
        traces.Run(at=now(), bug=(text, text, text, text, 7), variant=text, model=text, error=error)
        for text in TEXTS
        for error in (None, text)
    ]
    file = traces.write(folder / "<img src=x onerror=alert(1)>.jsonl", runs)
    sync.import_paths(folder / "store", [str(file)])
    return folder / "store"


@pytest.fixture(scope="module")
def served(hostile: Path) -> Iterator[Served]:
    with serving(hostile) as served:
        yield served


def is_unharmed(tab: Tab) -> bool:
    return tab.page.evaluate(
        "window.hacked === undefined && !document.querySelector('img[src=x], iframe')"
    )


def test_nothing_of_a_trace_runs_on_the_page(served: Served, new_tab: NewTab):
    tab = new_tab(served.origin).open()
    expect(tab.page.locator("svg.marks").first).to_be_visible(timeout=60_000)
    seen = tab.page.locator("#fixes").inner_text()
    for number in range(len(tab.page.get_by_role("button", name="Open").all())):
        tab.page.get_by_role("button", name="Open").nth(number).click()
        tab.page.locator("#run").wait_for(timeout=60_000)
        tab.page.wait_for_timeout(300)
        assert is_unharmed(tab)
    for place in ("11 to 20", "21 to 30"):
        tab.page.get_by_role("button", name="Next →").click()
        expect(tab.page.locator("#fixes")).to_contain_text(place, timeout=60_000)
        seen += tab.page.locator("#fixes").inner_text()
        assert is_unharmed(tab)
    assert "<script>" in seen
    assert "text/html:<img" in seen
    tab.point_at_marks()
    assert is_unharmed(tab)
    assert tab.page.url.startswith(served.origin)


def test_an_address_cannot_carry_markup_either(served: Served, new_tab: NewTab):
    tab = new_tab(served.origin)
    for text in TEXTS[:4]:
        tab.open(f"/?variant={text}&period={text}&run=weave/{text}&from={text}")
        tab.page.wait_for_timeout(500)
        assert is_unharmed(tab)


def test_nothing_of_a_trace_runs_in_the_exported_page(
    hostile: Path, new_tab: NewTab, tmp_path: Path
):
    file = tmp_path / "page.html"
    write_page(sync.StoreChoice(path=hostile, demo=False), file)
    tab = new_tab(file.as_uri(), offline=True).open(path="")
    expect(tab.page.locator("svg.marks").first).to_be_visible(timeout=60_000)
    tab.point_at_marks()
    assert is_unharmed(tab)

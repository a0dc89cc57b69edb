"""The page of outcomes in a real browser: found, filtered, paged, and as harmless as the others."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from analytics import sync
from tests.browser.conftest import NewTab, now
from tests.browser.test_hostile import TEXTS, is_unharmed
from tests.dashboard import traces
from tests.server.launch import Served, serving

pytestmark = pytest.mark.browser

RUNS = 16


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory):
    """Runs that a report contradicts, the names of some being hostile."""
    folder = tmp_path_factory.mktemp("outcomes")
    runs = [
        traces.Run(at=now(), bug=(f"{text} {number}", text, text, text, 7), variant=text)
        for number, text in enumerate([*TEXTS, *["plain"] * RUNS][:RUNS])
    ]
    sync.import_paths(folder / "store", [str(traces.write(folder / "calls.jsonl", runs))])
    report = folder / "<img src=x onerror=alert(1)>.json"
    report.write_text(json.dumps({f"run-{number:05}": False for number in range(RUNS)}))
    sync.verify(folder / "store", [str(report)])
    with serving(folder / "store") as served:
        yield served


@pytest.mark.parametrize(("width", "scheme"), [(1440, "dark"), (390, "light")])
def test_it_is_found_and_fits(told: Served, new_tab: NewTab, width: int, scheme: str):
    tab = new_tab(told.origin, width=width, scheme=scheme).open()
    if width > 640:
        tab.page.get_by_role("link", name="Outcomes", exact=True).click()
    else:
        tab.open("/outcomes/")
    tab.page.locator("#last-import table").first.wait_for(timeout=30_000)
    assert tab.cards()["verified_pass_rate"].replace("\n", "") == "0 %"
    assert tab.width() <= width
    assert is_unharmed(tab)


def test_filter_and_pages_are_kept_in_the_address(told: Served, new_tab: NewTab):
    tab = new_tab(told.origin).open("/outcomes/")
    place = tab.page.locator("#contradictions .pp-pages")
    expect(place).to_contain_text(f"1 to 10 of {2 * RUNS}", timeout=30_000)
    tab.page.get_by_role("button", name="Next →").click()
    expect(place).to_contain_text(f"11 to 20 of {2 * RUNS}", timeout=30_000)
    tab.page.locator("#contradictions select").select_option(
        label=f"report, against the agent ({RUNS})"
    )
    expect(place).to_contain_text(f"1 to 10 of {RUNS}", timeout=30_000)
    assert "kind=report" in tab.page.url
    tab.reload()
    expect(place).to_contain_text(f"1 to 10 of {RUNS}", timeout=30_000)
    assert is_unharmed(tab)


def test_a_contradiction_leads_to_its_run(told: Served, new_tab: NewTab, tmp_path: Path):
    tab = new_tab(told.origin).open("/outcomes/")
    link = tab.page.locator("#contradictions td.pp-run a").first
    link.wait_for(timeout=30_000)
    assert (link.get_attribute("href") or "").startswith("../runs/?run=weave%2Frun-")

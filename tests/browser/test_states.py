"""What a page says where there is no data, no match, no store, no end yet; and that demo is called demo."""

from datetime import timedelta
from pathlib import Path

import pytest

from analytics import sync
from tests.browser.conftest import NewTab, Serve, now
from tests.dashboard import traces
from tests.server.launch import Served

pytestmark = pytest.mark.browser


def test_an_empty_store_says_what_to_do_and_fills_itself(
    tmp_path: Path, serve: Serve, new_tab: NewTab
):
    served = serve(tmp_path / "store")
    tabs = {width: new_tab(served.origin, width=width) for width in (1440, 390)}
    for width, tab in tabs.items():
        tab.open(until=".pp-empty").sees("No traces yet.")
        assert tab.cards() == {}
        assert tab.width() <= width
    file = traces.write(tmp_path / "first.jsonl", traces.history(3, until=now()))
    sync.import_paths(tmp_path / "store", [str(file)])
    for tab in tabs.values():
        tab.page.locator("[data-metric=pass_rate]").wait_for(timeout=60_000)


def test_filters_that_match_nothing_say_so(served: Served, new_tab: NewTab):
    # The invented team has no second variant before the middle of its three weeks.
    early = (now() - timedelta(days=13)).date()
    address = f"/?variant=v2&from={early}&to={early}"
    tab = new_tab(served.origin).open(address, until=".pp-empty")
    tab.sees("No runs match these filters.")
    assert tab.cards() == {}


def test_a_store_that_cannot_be_read_is_told_without_a_traceback(
    tmp_path: Path, serve: Serve, new_tab: NewTab
):
    broken = tmp_path / "store"
    broken.mkdir()
    (broken / "catalog.sqlite").write_text("this is no catalog")
    served = serve(broken)
    tab = new_tab(served.origin).open(until=".pp-error")
    tab.sees("The store cannot be opened.")
    assert "Traceback" not in tab.page.inner_text("body")


def test_runs_without_an_end_make_no_rate(tmp_path: Path, serve: Serve, new_tab: NewTab):
    file = traces.write(tmp_path / "running.jsonl", traces.running(now()))
    sync.import_paths(tmp_path / "store", [str(file)])
    served = serve(tmp_path / "store")
    tab = new_tab(served.origin).open()
    tab.sees("3 runs in progress, none finished yet.")
    assert tab.cards()["pass_rate"] == "—"
    assert tab.cards()["runs_running"] == "3"


def test_demo_is_called_demo_and_only_demo(
    tmp_path: Path, served: Served, serve: Serve, new_tab: NewTab
):
    file = traces.write(tmp_path / "demo.jsonl", traces.history(3, until=now()))
    sync.import_paths(tmp_path / "store", [str(file)], demo=True)
    demo = serve(tmp_path / "store")
    new_tab(demo.origin).open("/").sees("Demonstration data.")
    own = new_tab(served.origin).open()
    assert own.page.locator(".pp-demo").count() == 0

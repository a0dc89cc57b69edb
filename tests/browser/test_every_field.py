"""Whatever any field of a trace says, on every page: it is text. What else is sent is not believed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics import sync
from dashboard.pages import PAGES
from dashboard.share import write_page
from tests.browser.conftest import NewTab, Tab, now
from tests.security import hostile
from tests.server.launch import Served, serving

pytestmark = pytest.mark.browser

PANEL = ".pp-panel"
INJECTED = """
() => [
  ...(window.hacked === undefined ? [] : ["a script ran"]),
  ...[...document.querySelectorAll("img[src=x], iframe, [onload], [onerror], [onfocus]"),
      ...[...document.links].filter(link => link.origin !== location.origin)]
    .map(each => each.outerHTML.slice(0, 300)),
]
"""
SEND = """
async ([session, values]) => {
  const ids = [...document.querySelectorAll("marimo-ui-element[object-id]")]
    .map(each => each.getAttribute("object-id"));
  const told = [];
  for (const value of values) {
    const answer = await fetch(new URL("api/kernel/set_ui_element_value", document.baseURI), {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "Marimo-Session-Id": session,
        "Marimo-Server-Token": document.querySelector("marimo-server-token")?.dataset.token ?? "",
      },
      body: JSON.stringify({ objectIds: ids, values: ids.map(() => value) }),
    });
    told.push(answer.status);
  }
  return [ids.length, told];
}
"""
UNASKED = (
    None, True, -1, 1e308, "", "nowhere", "'; DROP TABLE runs; --", "__import__('os').system('id')",
    "../../etc/passwd", "x" * 50_000, [], ["nowhere"], [[["x"]]], {}, {"__proto__": {"x": 1}},
    {"component": "x", "value": {"page": 10**30}}, hostile.TEXTS[0], [hostile.TEXTS[1]],
)  # fmt: skip
"""Values that no control of ours has."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fields")
    return hostile.write(folder / "store", folder, now())


@pytest.fixture(scope="module")
def served(store: Path) -> Iterator[Served]:
    with serving(store) as served:
        yield served


def look(tab: Tab, path: str) -> str:
    """Open a page, wait until it is drawn, and return what it says."""
    tab.open(path, until=PANEL)
    tab.page.wait_for_load_state("networkidle")
    assert tab.page.evaluate(INJECTED) == [], path
    return tab.page.locator("body").inner_text()


def test_every_text_is_shown_as_text_and_so_is_an_address(served: Served, new_tab: NewTab):
    tab = new_tab(served.origin)
    seen = ""
    for text in hostile.TEXTS[:2]:
        seen += look(tab, f"/runs/?run=%3Cimg%20src%3Dx%3E/{hostile.TEXTS.index(text)} {text} run")
        look(tab, f"/runs/?variant={text}&search={text}&period={text}&from={text}")
    assert "<script>" in seen
    assert tab.page.url.startswith(served.origin)


def test_the_exported_page_shows_every_text_as_text(store: Path, new_tab: NewTab, tmp_path: Path):
    file = tmp_path / "page.html"
    write_page(sync.StoreChoice(path=store, demo=False), file)
    tab = new_tab(file.as_uri(), offline=True).open(path="")
    tab.page.locator("svg.marks").first.wait_for()
    tab.point_at_marks()
    assert tab.page.evaluate(INJECTED) == []
    assert "<script>" in tab.page.locator("body").inner_text()


@pytest.mark.parametrize("page", PAGES, ids=[page.notebook for page in PAGES])
def test_a_value_that_no_control_has_changes_nothing(page, served: Served, new_tab: NewTab):
    tab = new_tab(served.origin)
    sockets: list[str] = []
    tab.page.on("websocket", lambda socket: sockets.append(socket.url))
    seen = look(tab, f"{page.path}/")
    assert "<script>" in seen or "<img src=x" in seen
    parts = tab.page.locator("h2").all_inner_texts()
    session = sockets[-1].partition("session_id=")[2].partition("&")[0]
    controls, answers = tab.page.evaluate(SEND, [session, UNASKED])
    assert controls > 0
    assert set(answers) == {200}
    tab.page.wait_for_load_state("networkidle")
    assert tab.page.evaluate(INJECTED) == []
    assert "Traceback" not in tab.page.locator("body").inner_text()
    assert served.get("/healthz").json()["runs"] == len(hostile.TEXTS)
    look(tab, f"{page.path}/")
    tab.page.wait_for_function("n => document.querySelectorAll('h2').length >= n", arg=len(parts))
    assert tab.page.locator("h2").all_inner_texts()[: len(parts)] == parts

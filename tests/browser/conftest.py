"""A browser that watches what the pages do, and dashboards for it to open."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, WebSocket, sync_playwright

from analytics import sync
from tests.dashboard import traces
from tests.server.launch import Served, serving

READY = "[data-metric], .pp-callout"
PATIENCE_MS = 60_000


@dataclass
class Tab:
    """One tab, with everything that should not have happened in it."""

    page: Page
    origin: str
    faults: list[str] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)
    """What the server sent to the page, frame by frame."""

    def open(self, path: str = "/", until: str = READY) -> "Tab":
        """Go somewhere and wait until there is something to see."""
        self.page.goto(self.origin + path)
        self.page.locator(until).first.wait_for(timeout=PATIENCE_MS)
        return self

    def reload(self) -> "Tab":
        """Load the same address again."""
        self.page.reload()
        self.page.locator(READY).first.wait_for(timeout=PATIENCE_MS)
        return self

    def cards(self) -> dict[str, str]:
        """Return what the cards say: metric -> number with its unit."""
        return {
            str(card.get_attribute("data-metric")): card.locator(".pp-value").inner_text()
            for card in self.page.locator(".pp-card").all()
        }

    def sees(self, text: str) -> None:
        """Wait until a text is there to be seen."""
        self.page.get_by_text(text).locator("visible=true").first.wait_for(timeout=PATIENCE_MS)

    def point_at_marks(self) -> None:
        """Point at everything in every chart, as for its tooltip."""
        marks = self.page.locator("svg.marks :is(path, text)")
        assert marks.evaluate_all(_POINT) > 0
        self.page.locator("#vg-tooltip-element").wait_for(state="attached", timeout=PATIENCE_MS)

    def width(self) -> int:
        """Return how wide the content is, scrolled-away parts included."""
        return self.page.evaluate(
            "Math.max(...[document.scrollingElement, document.getElementById('App')]"
            ".filter(Boolean).map(each => each.scrollWidth))"
        )


NewTab = Callable[..., Tab]
Serve = Callable[..., Served]

_POINT = """
marks => {
  for (const mark of marks) {
    const { x, y } = mark.getBoundingClientRect();
    for (const kind of ["pointerover", "pointermove", "mouseover", "mousemove"]) {
      mark.dispatchEvent(new PointerEvent(kind, { bubbles: true, composed: true, clientX: x, clientY: y }));
    }
  }
  return marks.length;
}
"""


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start dashboards that run until every tab of the test is closed."""
    with ExitStack() as stopping:
        yield lambda *arguments: stopping.enter_context(serving(*arguments))


@pytest.fixture(scope="session")
def window(browser: Browser) -> Iterator[BrowserContext]:
    """A window for all tabs: what it has loaded once, it need not load and compile again."""
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def new_tab(window: BrowserContext, serve: Serve) -> Iterator[NewTab]:
    """Make tabs; when the test ends, nothing may have gone wrong in any of them."""
    with ExitStack() as closing:
        tabs: list[Tab] = []

        def make(
            origin: str, *, width: int = 1440, scheme: str = "light", offline: bool = False
        ) -> Tab:
            page = window.new_page()
            closing.callback(page.close)
            page.set_viewport_size({"width": width, "height": 1000})
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            window.set_offline(offline)
            tab = Tab(page=page, origin=origin)
            _watch(tab)
            tabs.append(tab)
            return tab

        yield make
        for tab in tabs:
            assert tab.faults == []


def _watch(tab: Tab) -> None:
    page, wrong = tab.page, tab.faults

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: tab.frames.append(str(frame)))

    def is_own(address: str) -> bool:
        own = (tab.origin, tab.origin.replace("http", "ws", 1), "data:", "blob:")
        return address.startswith(own)

    page.on("console", lambda m: wrong.append(f"console: {m.text}") if m.type == "error" else None)
    page.on("pageerror", lambda fault: wrong.append(f"pageerror: {fault}"))
    page.on("dialog", lambda dialog: wrong.append(f"dialog: {dialog.message}"))
    page.on("request", lambda r: None if is_own(r.url) else wrong.append(f"left for {r.url}"))
    page.on("requestfailed", lambda r: wrong.append(f"failed: {r.url}") if is_own(r.url) and not
            page.is_closed() and "ERR_ABORTED" not in (r.failure or "") else None)  # fmt: skip
    page.on("websocket", listen)


def now() -> datetime:
    """Return the time as traces say it."""
    return datetime.now(UTC).replace(tzinfo=None)


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three weeks of an invented team, three runs of it still under way."""
    folder = tmp_path_factory.mktemp("browsed")
    runs = [*traces.history(21, until=now()), *traces.running(now())]
    sync.import_paths(folder / "store", [str(traces.write(folder / "traces.jsonl", runs))])
    return folder / "store"


@pytest.fixture(scope="session")
def served(store: Path) -> Iterator[Served]:
    with serving(store) as served:
        yield served

"""Many browser sessions on one server while imports land: when each shows them, and what it costs."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmark import fresh
from benchmark.soaking import tasks
from benchmark.soaking.clients import Clients
from benchmark.soaking.memory import resident
from benchmark.soaking.soak import spread
from benchmark.startup import server, wait_until_healthy

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SEEN_WITHIN_S = 3.0
"""How long after a commit every session should show it."""
_CARD = "bugs_fixed"
"""The metric whose card is watched: every batch changes it."""
_PATIENCE_S = 60.0
_BETWEEN_S = 3.0
_SPARE_S = 30.0
_CAVEAT = f"""\
Each session is a page of its own browser context, the overview with its refresh of one second. The clock
of an import starts when the importing process has committed and closed the store, and stops when the card
of {_CARD} on the page changes. Sessions without a browser ask and hear as a page does, and draw nothing:
what the server needs by itself. Browser and server share this machine's cores. Memory is what the server's
process holds; closed sessions were given their time to live and {_SPARE_S:.0f} s."""

_WATCH = """
metric => {
  const text = () => document.querySelector(`[data-metric=${metric}] .pp-value`)?.textContent ?? null;
  window.shown = text();
  window.changes = [];
  new MutationObserver(() => {
    const now = text();
    if (now !== null && now !== window.shown) {
      window.shown = now;
      window.changes.push([now, Date.now() / 1000]);
    }
  }).observe(document, { subtree: true, childList: true, characterData: true });
  return window.shown;
}
"""


@dataclass(frozen=True, kw_only=True)
class Import:
    """One import, and when the sessions showed it."""

    import_s: float
    """How long the import took, with its process."""
    seen_s: list[float]
    """Seconds from the commit to the changed card, one a session that showed it."""
    texts: list[str]
    """What the cards say then, each text once."""
    server_cpu_s: float | None


@dataclass(kw_only=True)
class Watched:
    """What happened."""

    sessions: int
    open_s: list[float] = field(default_factory=list)
    """Seconds until each page had its first card; they are opened one after the other."""
    imports: list[Import] = field(default_factory=list)
    heard: list[Import] = field(default_factory=list)
    """The same with as many sessions that draw nothing."""
    heard_bytes: float = 0.0
    """What one of those is sent for one import."""
    bytes_before: int = 0
    """With one session that was opened and has been closed again: what every session shares."""
    bytes_open: int = 0
    bytes_after_imports: int = 0
    bytes_closed: int = 0
    faults: list[str] = field(default_factory=list)


def watch(store: Path, export: Path, browser_path: str, *, count: int, imports: int) -> Watched:
    """Import an export, serve it, open the sessions, import batch after batch, and close them.

    Raises:
        fresh.TaskFailed: the first import failed.
    """
    from dashboard.server import SESSION_TTL_S

    fresh.run("import_export", store, export)
    found = Watched(sessions=count)
    with server(store) as (url, pid), _browser(browser_path) as browser:
        wait_until_healthy(url)
        first = _open(browser, url)
        found.bytes_before = resident(pid)
        first.close()
        pages = []
        for _ in range(count):
            began = time.perf_counter()
            pages.append(_open(browser, url))
            found.open_s.append(time.perf_counter() - began)
        found.bytes_open = resident(pid)
        for number in range(1, imports + 1):
            time.sleep(_BETWEEN_S)
            found.imports.append(_land(store, _Pages(pages), number, pid, found.faults))
        found.bytes_after_imports = resident(pid)
        for page in pages:
            page.context.close()
        time.sleep(SESSION_TTL_S + _SPARE_S)
        found.bytes_closed = resident(pid)
        clients = Clients(url, _CARD, count)
        try:
            clients.open(_PATIENCE_S)
            for number in range(imports + 1, 2 * imports + 1):
                time.sleep(_BETWEEN_S)
                heard = clients.heard_bytes()
                found.heard.append(_land(store, clients, number, pid, found.faults))
                # The charts are told after the card.
                time.sleep(_BETWEEN_S)
                found.heard_bytes = (clients.heard_bytes() - heard) / count
        except TimeoutError as fault:
            found.faults.append(f"Without a browser: {fault}.")
        finally:
            clients.close()
    return found


def report(found: Watched) -> str:
    """Return what happened, as Markdown."""
    lines = [
        "| import | took | sessions that showed it | seen after | within "
        f"{SEEN_WITHIN_S:g} s | server's CPU |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for kind, landed in (("pages", found.imports), ("no browser", found.heard)):
        for number, each in enumerate(landed, start=1):
            within = sum(seconds <= SEEN_WITHIN_S for seconds in each.seen_s)
            cpu = "—" if each.server_cpu_s is None else f"{each.server_cpu_s:.1f} s"
            lines.append(
                f"| {number}, {kind} | {each.import_s:.1f} s | {len(each.seen_s)} of {found.sessions} "
                f"| {spread(each.seen_s)} | {within} | {cpu} |"
            )
    everything = [seconds for each in found.imports for seconds in each.seen_s]
    whole = bool(everything) and len(everything) == found.sessions * len(found.imports)
    met = whole and max(everything) <= SEEN_WITHIN_S
    lines += [
        "",
        f"All pages within {SEEN_WITHIN_S:g} s: {'met' if met else 'missed'}; {spread(everything)}.",
        f"First card of a page, opened one after the other: {spread(found.open_s)}.",
        *_without_browser(found),
        *_memory(found),
        *found.faults,
        _CAVEAT,
    ]
    return "\n".join(lines)


def _without_browser(found: Watched) -> Iterator[str]:
    heard = [seconds for each in found.heard for seconds in each.seen_s]
    if heard:
        yield (
            f"Without a browser, which is the floor that the server sets: {spread(heard)}; "
            f"{found.heard_bytes / 1e3:,.0f} kB sent to each session for an import."
        )


def _memory(found: Watched) -> Iterator[str]:
    grown = found.bytes_after_imports - found.bytes_before
    yield (
        f"Server: {found.bytes_before / 1e6:,.0f} MB with one session, "
        f"{found.bytes_open / 1e6:,.0f} MB with {found.sessions} more "
        f"({(found.bytes_open - found.bytes_before) / found.sessions / 1e6:.1f} MB each), "
        f"{found.bytes_after_imports / 1e6:,.0f} MB after the imports, "
        f"{found.bytes_closed / 1e6:,.0f} MB after all were closed"
        + (
            f" ({(found.bytes_after_imports - found.bytes_closed) / grown:.0%} of the growth freed)."
            if grown > 0
            else "."
        )
    )


class _Pages:
    """What is seen in pages of a browser."""

    def __init__(self, pages: "list[Page]") -> None:
        self._pages = pages

    def forget(self) -> None:
        """Forget what was seen so far."""
        for page in self._pages:
            page.evaluate("() => { window.changes.length = 0; }")

    def wait(self, patience_s: float) -> None:
        """Wait until every page shows something new, or for so long."""
        give_up = time.monotonic() + patience_s
        waiting = list(self._pages)
        while waiting and time.monotonic() < give_up:
            waiting[0].wait_for_timeout(200)
            waiting = [page for page in waiting if not page.evaluate("window.changes.length")]

    def changes(self) -> list[list[tuple[str, float]]]:
        """Return what each page showed since, and when."""
        return [page.evaluate("window.changes") for page in self._pages]


def _land(
    store: Path, watchers: "_Pages | Clients", number: int, pid: int, faults: list[str]
) -> Import:
    """Import one batch and wait until every session shows it."""
    watchers.forget()
    file = store.parent / f"batch-{number}.jsonl"
    file.write_text("".join(tasks.batch(number)), encoding="utf-8")
    before = _cpu_s(pid)
    spent = fresh.run("import_and_stamp", store, file)
    file.unlink()
    watchers.wait(_PATIENCE_S)
    changes = watchers.changes()
    seen = [each[0][1] - spent.told["at"] for each in changes if each]
    texts = {each[-1][0] for each in changes if each}
    after = _cpu_s(pid)
    if len(seen) < len(changes):
        faults.append(
            f"Import {number}: {len(changes) - len(seen)} sessions did not show it in {_PATIENCE_S:.0f} s."
        )
    if len(texts) > 1:
        faults.append(f"Import {number}: the sessions differ: {sorted(texts)}.")
    return Import(
        import_s=spent.wall_s,
        seen_s=seen,
        texts=sorted(texts),
        server_cpu_s=None if before is None or after is None else after - before,
    )


def _open(browser: "Browser", url: str) -> "Page":
    page = browser.new_context().new_page()
    page.goto(f"{url}/?period=all", wait_until="commit")
    page.locator(f"[data-metric={_CARD}] .pp-value").first.wait_for(timeout=_PATIENCE_S * 1000)
    page.evaluate(_WATCH, _CARD)
    return page


@contextmanager
def _browser(path: str) -> "Iterator[Browser]":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


def _cpu_s(pid: int) -> float | None:
    """Return the CPU seconds that a process has spent so far, None where the system does not tell."""
    import os

    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return None
    told = stat.read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")

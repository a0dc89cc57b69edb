"""How long a user waits for the dashboard: from the start of its process to the first card in a browser."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import perf_counter, sleep
from urllib.parse import urlsplit

from benchmark.fresh import ROOT, environment

_SERVE = "from analytics.cli import main; raise SystemExit(main())"
_WAIT_S = 120
_LOOK_S = 0.01


def started(store: Path, browser_path: str, *, times: int = 2) -> list[dict[str, float]]:
    """Start the server some times, one after the other, and look at its first page each time.

    The browser runs before the first server does. What is waited for is the first metric's title on a
    card.

    Returns:
        Per start, seconds until /healthz answered 200 and until the card was there.
    """
    from playwright.sync_api import sync_playwright

    from analytics.metrics.catalog import CATALOG

    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path)
        for _ in range(times):
            page = browser.new_page()
            began = perf_counter()
            with server(store) as (url, _):
                wait_until_healthy(url)
                healthy_s = perf_counter() - began
                page.goto(url, wait_until="commit")
                card = page.get_by_text(CATALOG[0].title, exact=True).first
                card.wait_for(timeout=_WAIT_S * 1000)
                found.append({"healthy": healthy_s, "card": perf_counter() - began})
                page.close()
        browser.close()
    return found


@contextmanager
def server(store: Path) -> Iterator[tuple[str, int]]:
    """Yield the address of a server of its own, and the id of its process."""
    command = [sys.executable, "-c", _SERVE, "serve", "--store", str(store), "--port", "0"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        said = process.stdout.readline().split()
        yield next(word for word in said if word.startswith("http://")), process.pid
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def wait_until_healthy(url: str) -> None:
    """Return when /healthz answers 200."""
    give_up = perf_counter() + _WAIT_S
    while perf_counter() < give_up:
        connection = HTTPConnection(urlsplit(url).netloc, timeout=_WAIT_S)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except (OSError, HTTPException):
            pass
        finally:
            connection.close()
        sleep(_LOOK_S)
    raise TimeoutError(f"{url}/healthz did not answer within {_WAIT_S} s")

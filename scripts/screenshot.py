"""Draws the README's picture: the exported page of the bundled traces, as vectors.

Needs Chromium, Playwright (both come with the tests) and pdftocairo (package poppler-utils).

Usage: python scripts/screenshot.py [FILE]
"""

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from chromium import find_chromium
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "dashboard" / "screenshot.svg"
WIDTH, HEIGHT = 1280, 1195
PERIOD = "14d"
SETTLE_MS = 1000
LONG_NUMBER = re.compile(r"(\d+\.\d{3})\d+")


def main() -> int:
    """Export, print, turn into SVG, and round what no eye can see."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    with TemporaryDirectory() as folder:
        page, printed, drawn = (
            Path(folder) / name for name in ("page.html", "page.pdf", "page.svg")
        )
        patchpilot = Path(sys.executable).with_name("patchpilot")
        export = [patchpilot, "export", "--demo", "--html", page, "--period", PERIOD]
        subprocess.run(export, check=True, stdout=subprocess.DEVNULL)
        _print(page, printed)
        subprocess.run(["pdftocairo", "-svg", "-f", "1", "-l", "1", printed, drawn], check=True)
        target.write_text(LONG_NUMBER.sub(r"\1", drawn.read_text("utf-8")), "utf-8")
    print(f"{target} ({target.stat().st_size / 1e3:.0f} kB)")
    return 0


def _print(page: Path, printed: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        tab.goto(page.as_uri())
        tab.locator("svg.marks").last.wait_for()
        tab.wait_for_timeout(SETTLE_MS)
        tab.emulate_media(media="screen")
        tab.pdf(path=printed, width=f"{WIDTH}px", height=f"{HEIGHT}px", print_background=True)
        browser.close()


if __name__ == "__main__":
    sys.exit(main())

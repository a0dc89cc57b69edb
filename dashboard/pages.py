"""The pages there are, and the links from one to another."""

import sys
from dataclasses import dataclass
from pathlib import Path

from analytics.overview import Scope
from dashboard.address import query


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page: where it stands, the notebook that makes it, what links to it say."""

    path: str
    notebook: str
    title: str


PAGES = (
    Page(path="", notebook="app.py", title="Overview"),
    Page(path="/runs", notebook="runs.py", title="Runs"),
    Page(path="/outcomes", notebook="outcomes.py", title="Outcomes"),
    Page(path="/spending", notebook="spending.py", title="Cost and tools"),
    Page(path="/explore", notebook="explore.py", title="Explore"),
)
"""In the order in which they are linked; one whose notebook is not there yet has no page."""


def notebooks() -> dict[str, Path]:
    """Return path -> notebook of the pages that are there."""
    here = Path(__file__).parent
    return {page.path: here / page.notebook for page in PAGES if (here / page.notebook).exists()}


def links(here: str, scope: Scope | None = None) -> list[tuple[str, str]]:
    """Return address and title of the other pages; a notebook that is served alone has none.

    Args:
        here: path of the page that links.
        scope: what is looked at, and is to be looked at there as well.
    """
    others = ((link(page.path, here, scope), page.title) for page in PAGES)
    return [(where, title) for where, title in others if where]


def link(there: str, here: str, scope: Scope | None = None) -> str:
    """Return the address of another page, empty where that is not there, or is this one.

    Args:
        there: path of the page to link to.
        here: path of the page that links.
        scope: what is looked at, and is to be looked at there as well.
    """
    if there == here or there not in notebooks() or "dashboard.server" not in sys.modules:
        return ""
    told = query(scope.parameters()) if scope else ""
    return address(there, here) + (f"?{told}" if told else "")


def address(path: str, here: str = "") -> str:
    """Return the relative address of a page, as seen from another.

    >>> address("/runs"), address("/runs", "/spending"), address("", "/runs")
    ('runs/', '../runs/', '../')
    """
    name = path.removeprefix("/")
    return ("../" if here else "") + (f"{name}/" if name else "")

"""What the page of outcomes reads, and what is kept of it. As ``reading``, for contradictions and changes."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.ledger import Changes
from analytics.ledger import changes as ledger_changes
from analytics.overview import PERIODS, Headline, Overview, Scope
from analytics.store import conflict_tables, lake, tables
from analytics.store.location import Store
from analytics.store.reader import Version
from analytics.store.tables import Page
from dashboard import reading
from dashboard.once import answered_once

PAGE_ROWS = 10

CARDS = ("verified_pass_rate", "pass_rate", "claim_refuted_rate", "infra_failure_rate")
"""Metrics of the cards, in order."""

EVERYTHING = Scope(period=PERIODS["all"])


@dataclass(frozen=True, kw_only=True)
class ConflictView:
    """How somebody looks at the table of contradictions."""

    kind: str | None = None
    page: int = 0


@dataclass(frozen=True, kw_only=True)
class Contradictions:
    """One page of contradictions, and every kind that there is."""

    kinds: Sequence[tuple[str, int]]
    """Kind -> how many there are."""
    found: Page
    page: int
    """Which page it is: the last where the one asked for is gone."""


def headlines(shown: Overview) -> list[Headline]:
    """Return the cards of this page."""
    known = {each.card.name: each for each in (*shown.first, *shown.second, *shown.more)}
    return [known[name] for name in CARDS]


def contradictions(store: Store, version: Version, view: ConflictView) -> Contradictions:
    """Return one page of what is said of runs in two ways.

    Raises:
        StoreError: the store cannot be read.
    """
    with tables.consistent(reading.reader(store)) as con:

        def page(number: int) -> Page:
            return conflict_tables.conflicts(
                con, kind=view.kind, limit=PAGE_ROWS, offset=number * PAGE_ROWS
            )

        number, found = view.page, page(view.page)
        if found.rows.is_empty() and found.total:
            number = (found.total - 1) // PAGE_ROWS
            found = page(number)
        return Contradictions(kinds=conflict_tables.kinds(con), found=found, page=number)


@answered_once(4)
def last_changes(store: Store, version: Version) -> Changes | None:
    """Return what the last import changed, None where nothing was imported.

    Raises:
        StoreError: the store cannot be read.
    """
    if not lake.exists(store):
        return None
    return ledger_changes(store, now=reading.reader(store).now)

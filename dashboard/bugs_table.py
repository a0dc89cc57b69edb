"""The table of recent fixes: its rows as markup; sorting, paging and opening are buttons put into it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import marimo as mo

from analytics.render import UNKNOWN, moment, time_of_bug
from analytics.store.tables import Page
from dashboard import address
from dashboard.reading import PAGE_ROWS, TableView
from dashboard.widgets import NOTHING, Markup, join, nothing, status, table, tag

COLUMNS = (
    ("status", "Status"), ("bug", "Bug"), ("type", "Type"), ("file", "File"), ("time", "Fix time"),
    ("attempts", "Attempts"), ("variant", "Variant"), ("when", "Found, UTC"),
)  # fmt: skip
"""Order that a column sorts by, and its title."""

_LONGEST = 140


@dataclass(frozen=True, kw_only=True)
class Buttons:
    """The buttons of a table, to be placed in it. They live as long as this is kept."""

    heads: list[mo.ui.button]
    openers: list[mo.ui.button]
    turners: list[mo.ui.button]


def controls(
    found: Page,
    view: TableView,
    look: Callable[[TableView], None],
    open_run: Callable[[tuple[str, str]], None],
) -> Buttons:
    """Return the buttons of one page of bugs: sorting, opening, turning pages.

    They are in no element of marimo's: that would make every one of them three times.

    Args:
        found: the page.
        view: how it is looked at.
        look: is told how to look at it instead.
        open_run: is told which run to open.
    """

    def sorter(order: str, title: str) -> mo.ui.button:
        arrow = f" {'↓' if view.descending else '↑'}" if order == view.order else ""
        return mo.ui.button(label=title + arrow, on_change=lambda _: look(_resorted(view, order)))

    def opener(key: tuple[str, str]) -> mo.ui.button:
        return mo.ui.button(label="Open", on_change=lambda _: open_run(key))

    last = max(found.total - 1, 0) // PAGE_ROWS

    def turner(label: str, to: int) -> mo.ui.button:
        is_there = 0 <= to <= last
        return mo.ui.button(
            label=label, disabled=not is_there, on_change=lambda _: look(replace(view, page=to))
        )

    page = min(view.page, last)
    return Buttons(
        heads=[sorter(order, title) for order, title in COLUMNS],
        openers=[opener(_key(row)) for row in found.rows.iter_rows(named=True)],
        turners=[turner("← Previous", page - 1), turner("Next →", page + 1)],
    )


def bugs_table(
    found: Page,
    view: TableView,
    buttons: Buttons | None,
    opened: tuple[str, str] | None,
    runs_page: str = "",
) -> Markup:
    """Return one page of bugs, with where it stands among all of them.

    Args:
        found: the page.
        view: how it is looked at.
        buttons: to sort, open and turn pages; None where nobody can press one.
        opened: the run that is open.
        runs_page: address of the page of runs, empty where there is none.
    """
    if found.total == 0:
        return nothing("No bugs", "No selected run met one, or none has what you search for.")
    titles = [title for _, title in COLUMNS]
    columns: list[tuple[str, object]] = [
        (key, head)
        for (key, title), head in zip(COLUMNS, buttons.heads if buttons else titles, strict=True)
    ]
    rows = [_row(row, runs_page) for row in found.rows.iter_rows(named=True)]
    if buttons:
        columns.append(("open", tag("span", "Calls", class_="pp-quiet")))
        titles.append("Calls")
        rows = [(*row, opener) for row, opener in zip(rows, buttons.openers, strict=True)]
    marks = ["open" if _key(row) == opened else None for row in found.rows.iter_rows(named=True)]
    place = tag("span", _place(found, view))
    turners = buttons.turners if buttons else []
    return join(
        [
            table(columns, rows, name="Recent fixes", labels=titles, marks=marks),
            tag("div", place, *turners, class_="pp-pages"),
        ]
    )


def _resorted(view: TableView, order: str) -> TableView:
    """Return the view after a click on a column: the other way round where it sorted by it already."""
    down = not view.descending if order == view.order else order in ("when", "time", "attempts")
    return TableView(search=view.search, order=order, descending=down)


def _place(found: Page, view: TableView) -> str:
    first = min(view.page, (found.total - 1) // PAGE_ROWS) * PAGE_ROWS
    return f"{first + 1:,} to {first + len(found.rows):,} of {found.total:,}"


def _key(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["source"], row["run_id"]


def _row(row: Mapping[str, Any], runs_page: str) -> tuple[object, ...]:
    title = row["title"] or row["bug_id"] or row["task"] or "Untitled bug"
    bug = tag("span", _cut(title), title=title, class_="pp-title")
    if runs_page:
        bug = tag("a", bug, href=address.link_to(_key(row), runs_page))
    changed = NOTHING
    if row["lines_added"] is not None or row["lines_removed"] is not None:
        ins, gone = (
            tag("ins", f"+{row['lines_added'] or 0}"),
            tag("del", f"-{row['lines_removed'] or 0}"),
        )
        changed = tag("small", ins, " ", gone, class_="pp-lines")
    where = row["file"] and row["file"] + (f":{row['line']}" if row["line"] is not None else "")
    time = time_of_bug(row["outcome"], row["fix_time_s"], row["observed_s"])
    return (
        status(row["outcome"]),
        tag("div", bug, " ", changed),
        tag("span", row["bug_type"], class_="pp-tag"),
        tag("code", where, title=where) if where else UNKNOWN,
        time if row["outcome"] == "fixed" else tag("span", time, class_="pp-quiet"),
        row["attempts"],
        row["variant"],
        moment(row["found_at"] or row["started_at"]),
    )


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"

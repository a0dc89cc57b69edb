"""The table of recent fixes: its rows as markup; sorting, paging and opening are buttons put into it."""

from collections.abc import Mapping, Sequence
from typing import Any

from analytics.render import UNKNOWN, moment, seconds
from analytics.store.tables import Page
from dashboard.reading import PAGE_ROWS, TableView
from dashboard.widgets import NOTHING, Markup, nothing, status, table, tag

COLUMNS = (
    ("status", "Status"), ("bug", "Bug"), ("type", "Type"), ("file", "File"), ("time", "Fix time"),
    ("attempts", "Attempts"), ("variant", "Variant"), ("when", "Found, UTC"),
)  # fmt: skip
"""Order that a column sorts by, and its title."""

_LONGEST = 140


def heading(order: str, title: str, view: TableView) -> str:
    """Return what the button of a column says."""
    if order != view.order:
        return title
    return f"{title} {'↓' if view.descending else '↑'}"


def resorted(view: TableView, order: str) -> TableView:
    """Return the view after a click on a column: the other way round where it sorted by it already."""
    descending = (
        not view.descending if order == view.order else order in ("when", "time", "attempts")
    )
    return TableView(search=view.search, order=order, descending=descending)


def bugs_table(
    found: Page, heads: Sequence[object], openers: Sequence[object], opened: tuple[str, str] | None
) -> Markup:
    """Return one page of bugs.

    Args:
        found: the rows.
        heads: what stands over each of COLUMNS.
        openers: one control per row that opens its run; empty where nothing can be opened.
        opened: the run that is open.
    """
    if found.total == 0:
        return nothing(
            "No bugs", "No run that is selected met a bug, or none has what you search for."
        )
    columns = [(key, head) for (key, _), head in zip(COLUMNS, heads, strict=True)]
    titles = [title for _, title in COLUMNS]
    rows = [_row(row) for row in found.rows.iter_rows(named=True)]
    if openers:
        columns.append(("open", tag("span", "Calls", class_="pp-quiet")))
        titles.append("Calls")
        rows = [(*row, opener) for row, opener in zip(rows, openers, strict=True)]
    marks = ["open" if _key(row) == opened else None for row in found.rows.iter_rows(named=True)]
    return table(columns, rows, name="Recent fixes", labels=titles, marks=marks)


def pages(found: Page, view: TableView) -> str:
    """Return which rows are shown."""
    first = min(view.page, max(found.total - 1, 0) // PAGE_ROWS) * PAGE_ROWS
    last = first + len(found.rows)
    return f"{first + 1 if last else 0:,}–{last:,} of {found.total:,}"


def _key(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["source"], row["run_id"]


def _row(row: Mapping[str, Any]) -> tuple[object, ...]:
    title = row["title"] or row["bug_id"] or row["task"] or "Untitled bug"
    bug = tag("span", _cut(title), title=title, class_="pp-title")
    changed = NOTHING
    if row["lines_added"] is not None or row["lines_removed"] is not None:
        ins, gone = (
            tag("ins", f"+{row['lines_added'] or 0}"),
            tag("del", f"−{row['lines_removed'] or 0}"),
        )
        changed = tag("small", ins, " ", gone, class_="pp-lines")
    where = row["file"] and row["file"] + (f":{row['line']}" if row["line"] is not None else "")
    time = seconds(row["fix_time_s"])
    if row["outcome"] != "fixed":
        waited = seconds(row["observed_s"])
        time = tag(
            "span", UNKNOWN if waited == UNKNOWN else f"not within {waited}", class_="pp-quiet"
        )
    return (
        status(row["outcome"]),
        tag("div", bug, " ", changed),
        tag("span", row["bug_type"], class_="pp-tag"),
        tag("code", where, title=where) if where else UNKNOWN,
        time,
        row["attempts"],
        row["variant"],
        moment(row["found_at"] or row["started_at"]),
    )


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"

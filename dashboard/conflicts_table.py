"""The table of contradictions: its rows as markup; the filter and paging are controls put into it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import marimo as mo

from analytics.render import moment
from dashboard import address, pages
from dashboard.outcome_reading import PAGE_ROWS, ConflictView, Contradictions
from dashboard.widgets import Markup, element, field, join, nothing, status, table, tag

RUNS_PAGE = pages.address("/runs", "/outcomes")
ALL = "Every kind"
_LONGEST = 240
_FOLDERS = re.compile(r"(?<=\()/(?:[^/()]*/)*(?=[^/()]*/[^/()]*\))")

_COLUMNS = (
    ("what", "What"), ("says", "One says"), ("says", "Other says"), ("status", "Counts as"),
    ("run", "Run"), ("task", "Task"), ("variant", "Variant"), ("when", "Began, UTC"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Controls:
    """The controls of the table, to be placed beside and below it."""

    kind: Markup
    turners: list[mo.Html]


def controls(
    told: Contradictions, view: ConflictView, look: Callable[[ConflictView], None]
) -> mo.ui.dictionary:
    """Return the filter by kind and the buttons that turn pages.

    Args:
        told: what is shown.
        view: how it is looked at.
        look: is told how to look at it instead.
    """
    named = {ALL: None} | {f"{kind} ({n:,})": kind for kind, n in told.kinds}
    now = next((title for title, kind in named.items() if kind == view.kind), ALL)
    picker = mo.ui.dropdown(
        options=named, value=now, on_change=lambda kind: look(ConflictView(kind=kind))
    )
    last = max(told.found.total - 1, 0) // PAGE_ROWS

    def turner(label: str, to: int) -> mo.ui.button:
        return mo.ui.button(
            label=label,
            disabled=not 0 <= to <= last,
            on_change=lambda _: look(replace(view, page=to)),
        )

    turners = [turner("← Previous", told.page - 1), turner("Next →", told.page + 1)]
    return mo.ui.dictionary({"kind": picker, "turners": mo.ui.array(turners)})


def placed(made: mo.ui.dictionary) -> Controls:
    """Return the controls as something to place."""
    turners = cast("mo.ui.array", made["turners"]).elements
    return Controls(
        kind=field("What contradicts", element(made["kind"])), turners=list(map(element, turners))
    )


def conflicts_table(told: Contradictions, turners: list[mo.Html]) -> Markup:
    """Return one page of contradictions, with where it stands among all of them.

    Args:
        told: the page.
        turners: buttons that turn pages.
    """
    found = told.found
    if found.total == 0:
        return nothing(
            "Nothing contradicts itself",
            "Whatever two sources say of a run agrees. Reports of tests, merges or CI are taken in "
            "with patchpilot verify --reports PATH.",
        )
    rows = [_row(row) for row in found.rows.iter_rows(named=True)]
    first = told.page * PAGE_ROWS
    place = f"{first + 1:,} to {first + len(rows):,} of {found.total:,}"
    return join(
        [
            table(_COLUMNS, rows, name="Contradictions"),
            tag("div", tag("span", place), *turners, class_="pp-pages"),
        ]
    )


def run_link(source: str, run_id: str) -> Markup:
    """Return a link to everything about a run."""
    where = address.link_to((source, run_id), RUNS_PAGE)
    return tag("a", tag("code", cut(run_id)), href=where, title=run_id)


def cut(text: str | None) -> str | None:
    """Return a text that is not too long to be looked at."""
    if text is None or len(text) <= _LONGEST:
        return text
    return text[: _LONGEST - 1] + "…"


def _says(told: str | None) -> Markup:
    # A report is named by its whole path; its end tells it from others.
    short = told and _FOLDERS.sub("…/", told)
    return tag("span", cut(short), title=told)


def _row(row: Mapping[str, Any]) -> tuple[object, ...]:
    words = {"pass": "passed", "fail": "failed", "unknown": "outcome unknown"}
    outcome = "running" if row["state"] == "running" else words[row["outcome"]]
    return (
        row["kind"],
        _says(row["one_says"]),
        _says(row["other_says"]),
        status(outcome),
        run_link(row["source"], row["run_id"]),
        cut(row["task"]),
        cut(row["variant"]),
        moment(row["started_at"]),
    )

"""The table of all runs, the counts beside it, and the comparison of a few. Markup and its buttons."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import marimo as mo

from analytics.render import counted
from analytics.store.run_tables import Facet
from analytics.store.tables import Page
from dashboard.filters import UNKNOWN
from dashboard.run_choices import Choices
from dashboard.run_columns import KNOWN, Kind, ending, grouped, name_of
from dashboard.run_reading import MOST_COMPARED, PAGE_ROWS, RunKey, RunsView
from dashboard.widgets import NOTHING, Markup, element, join, nothing, quiet, status, table, tag

FACET_TITLES = {"state": "State", "outcome": "Outcome", "error_kind": "Kind of error",
                "agent": "Agent system", "model": "Model", "variant": "Variant", "task": "Task",
                "batch": "Batch", "source": "Source"}  # fmt: skip

_UNTOLD = {"error_kind": "none known", "batch": "in no batch"}
"""What the unknown is called where most runs have nothing to tell."""

SECTIONS = (("runs", "All runs"), ("compare", "Side by side"))
"""Anchor and title of every part of the page where no run is open."""

_LONGEST = 160
_MOST_SAID = 2_000

Look = Callable[[RunsView], None]


@dataclass(frozen=True, kw_only=True)
class Buttons:
    """The controls of a table, to be placed in it."""

    heads: list[mo.Html]
    openers: list[mo.Html]
    pickers: list[mo.Html]
    turners: list[mo.Html]


def controls(
    found: Page,
    view: RunsView,
    picked: Sequence[RunKey],
    choices: Choices,
) -> mo.ui.dictionary:
    """Return the controls of one page of runs: sorting, opening, picking, turning pages.

    Args:
        found: the page.
        view: how it is looked at.
        picked: the runs that are compared.
        choices: is told how to look at it instead, which run to open, which to compare.
    """

    def sorter(name: str) -> mo.ui.button:
        arrow = f" {'↓' if view.descending else '↑'}" if name == view.order else ""
        label = KNOWN[name].heading + arrow
        return mo.ui.button(label=label, on_change=lambda _: choices.look(view.sorted_by(name)))

    def opener(key: RunKey) -> mo.ui.button:
        return mo.ui.button(label="Open", on_change=lambda _: choices.open_run(key))

    def picker(key: RunKey) -> mo.ui.checkbox:
        is_picked = key in picked
        is_full = len(picked) >= MOST_COMPARED and not is_picked
        return mo.ui.checkbox(
            value=is_picked, disabled=is_full, on_change=lambda _: choices.pick(key)
        )

    last = max(found.total - 1, 0) // PAGE_ROWS
    page = min(view.page, last)

    def turner(label: str, to: int) -> mo.ui.button:
        return mo.ui.button(
            label=label,
            disabled=not 0 <= to <= last,
            on_change=lambda _: choices.look(replace(view, page=to)),
        )

    keys = list(map(key_of, found.rows.iter_rows(named=True)))
    return mo.ui.dictionary(
        {
            "heads": mo.ui.array(list(map(sorter, view.columns))),
            "openers": mo.ui.array(list(map(opener, keys))),
            "pickers": mo.ui.array(list(map(picker, keys))),
            "turners": mo.ui.array([turner("← Previous", page - 1), turner("Next →", page + 1)]),
        }
    )


def placed(buttons: mo.ui.dictionary) -> Buttons:
    """Return the controls as something to place."""
    heads, openers, pickers, turners = (
        list(map(element, cast("mo.ui.array", buttons[part]).elements))
        for part in ("heads", "openers", "pickers", "turners")
    )
    return Buttons(heads=heads, openers=openers, pickers=pickers, turners=turners)


def key_of(run: Mapping[str, Any]) -> RunKey:
    """Return source and id of a run."""
    return run["source"], run["run_id"]


def runs_table(
    found: Page, view: RunsView, buttons: Buttons | None, picked: Sequence[RunKey]
) -> Markup:
    """Return one page of runs, with where it stands among all of them."""
    if found.total == 0:
        return nothing("No runs", "None has all that is chosen and searched for.")
    titles = [KNOWN[name].heading for name in view.columns]
    heads: list[object] = [*buttons.heads] if buttons else [*titles]
    columns = [(_class(name), head) for name, head in zip(view.columns, heads, strict=True)]
    runs = list(found.rows.iter_rows(named=True))
    rows = [tuple(_cell(name, run) for name in view.columns) for run in runs]
    if buttons:
        picker_head = tag("span", "Compare", class_="pp-quiet")
        columns = [("pick", picker_head), *columns, ("open", tag("span", "", class_="pp-hidden"))]
        titles = ["Compare", *titles, "Run"]
        rows = [
            (picker, *row, opener)
            for picker, row, opener in zip(buttons.pickers, rows, buttons.openers, strict=True)
        ]
    marks = ["open" if key_of(run) in picked else None for run in runs]
    first = min(view.page, (found.total - 1) // PAGE_ROWS) * PAGE_ROWS
    place = tag("span", f"{first + 1:,} to {first + len(runs):,} of {counted(found.total, 'run')}")
    turners = buttons.turners if buttons else []
    return join(
        [
            table(columns, rows, name="Runs", labels=titles, marks=marks),
            tag("div", place, *turners, class_="pp-pages"),
        ]
    )


def _class(name: str) -> str:
    column = KNOWN[name]
    if column.is_number:
        return "figure"
    return name if name in ("task", "outcome") else "when" if column.kind is Kind.TIME else "word"


def _cell(name: str, run: Mapping[str, Any]) -> object:
    if name == "outcome":
        return status(ending(run))
    if name == "task":
        called = name_of(run)
        return tag("span", _cut(called), title=called[:_MOST_SAID], class_="pp-title")
    said = KNOWN[name].bare(run[name])
    if KNOWN[name].kind is Kind.TEXT and run[name] is not None:
        return tag("span", _cut(said), title=said[:_MOST_SAID], class_="pp-word-text")
    return said


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def facet_controls(
    facets: Sequence[Facet],
    values: Callable[[str], Sequence[str | None]],
    choose: Callable[[str, tuple[str | None, ...]], None],
) -> mo.ui.dictionary:
    """Return a button for every value of every facet; pressed again, it takes its filter away.

    A button says how many runs there are and no more: what a label says, the notebook would render.

    Args:
        facets: what is counted.
        values: says what a column is filtered by now.
        choose: is told what a column is to be filtered by instead.
    """

    def toggle(column: str, value: str | None) -> None:
        now = tuple(values(column))
        rest = tuple(each for each in now if each != value)
        choose(column, rest if value in now else (*now, value))

    def button(column: str, value: str | None, n: int) -> mo.ui.button:
        return mo.ui.button(
            label=f"{n:,}", full_width=True, on_change=lambda _: toggle(column, value)
        )

    return mo.ui.dictionary(
        {
            each.column: mo.ui.array([button(each.column, value, n) for value, n in each.counts])
            for each in facets
        }
    )


def facets_beside(
    facets: Sequence[Facet],
    buttons: mo.ui.dictionary | None,
    values: Callable[[str], Sequence[str | None]],
) -> Markup:
    """Return what the runs have in common: each column's values with how many runs have them."""
    parts = []
    for each in facets:
        chosen = values(each.column)
        if len(each.counts) < 2 and not chosen:
            continue
        presses: list[object] = [f"{n:,}" for _, n in each.counts]
        if buttons is not None:
            presses = [element(b) for b in cast("mo.ui.array", buttons[each.column]).elements]
        most = max((n for _, n in each.counts), default=1)
        rows = [
            tag(
                "li",
                tag(
                    "span",
                    value or _UNTOLD.get(each.column, UNKNOWN),
                    title=value,
                    class_="pp-facet-value",
                ),
                tag("i", style=f"width:{100 * n / most:.1f}%", aria_hidden="true"),
                tag("span", press, class_="pp-facet-count"),
                data_state="on" if value in chosen else None,
            )
            for (value, n), press in zip(each.counts, presses, strict=True)
        ]
        more = quiet(f"and {counted(each.left_out, 'rarer value')}") if each.left_out else NOTHING
        head = tag("h3", FACET_TITLES[each.column])
        parts.append(tag("div", head, tag("ul", *rows), more, class_="pp-facet"))
    if not parts:
        return quiet("All of these runs are alike in what can be counted.")
    return tag("div", *parts, class_="pp-facets")


def column_choice(view: Callable[[], RunsView], look: Look) -> mo.ui.multiselect:
    """Return the choice of columns; those that stay keep their places, new ones come behind them."""

    def take(names: Sequence[object]) -> None:
        now = view()
        kept = [name for name in now.columns if name in names]
        added = [str(name) for name in names if name not in kept]
        look(replace(now, columns=(*kept, *added) or RunsView.columns))

    return mo.ui.multiselect(
        options={column.title: column.name for columns in grouped().values() for column in columns},
        value=[KNOWN[name].title for name in view().columns],
        on_change=take,
    )


def comparison(runs: Sequence[Mapping[str, Any]], removers: Sequence[mo.Html]) -> Markup:
    """Return runs side by side: every fact that is known of one of them, and where they differ.

    Args:
        runs: two to five rows of view ``runs``.
        removers: a button for each, or none.
    """
    if not runs:
        return nothing("No such runs", "They are not in this store.")
    heads = [
        tag(
            "div",
            tag("b", _cut(name_of(run)), title=name_of(run)[:_MOST_SAID]),
            *removers[at : at + 1],
        )
        for at, run in enumerate(runs)
    ]
    columns = [("differs", ""), ("name", "Fact"), *(("compared", head) for head in heads)]
    labels = ["", "Fact", *(f"Run {number}" for number in range(1, len(runs) + 1))]
    rows: list[tuple[object, ...]] = []
    marks: list[str | None] = []
    differing = 0
    for title, facts in grouped().items():
        known = [fact for fact in facts if any(run[fact.name] is not None for run in runs)]
        if known:
            rows.append(("", tag("b", title), *("" for _ in runs)))
            marks.append("group")
        for fact in known:
            said = [fact.said(run[fact.name])[:_LONGEST] for run in runs]
            differs = len(set(said)) > 1
            differing += differs
            sign = tag("span", "≠", title="They differ", class_="pp-differs") if differs else ""
            called = tag("span", fact.title, title=fact.doc)
            values = (status(ending(run)) for run in runs) if fact.name == "outcome" else said
            rows.append((sign, called, *values))
            marks.append("differs" if differs else None)
    note = f"≠ marks the {counted(differing, 'fact')} in which they differ."
    if len(runs) == 1:
        note = "Tick one more run to see in what they differ."
    return join(
        [quiet(note), table(columns, rows, name="Runs compared", labels=labels, marks=marks)]
    )

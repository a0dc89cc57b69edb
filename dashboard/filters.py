"""The controls that choose what is looked at. Each reads what is chosen when it is used, not before."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import marimo as mo

from analytics.overview import PERIODS, Scope
from analytics.overview.scope import FILTER_TITLES
from dashboard.widgets import Markup, element, field, tag

UNKNOWN = "unknown"
"""What the unknown is called among the values of a filter."""

HALVES = "Older half and newer half"
_MOST_COMPARED = 6

Chosen = Callable[[], Scope]
Choose = Callable[[Scope], None]


def controls(
    choices: Mapping[str, Sequence[str | None]],
    chosen: Chosen,
    choose: Choose,
    clear: Callable[[], None],
) -> mo.ui.dictionary:
    """Return the period, one filter for every column that has something to choose, and a way back.

    Args:
        choices: column -> values that the store has.
        chosen: says what is chosen now.
        choose: is told what is chosen instead.
        clear: takes every filter and everything that is picked away.
    """
    scope = chosen()
    period = mo.ui.dropdown(
        options={each.title: name for name, each in PERIODS.items()},
        value=scope.period.title,
        on_change=lambda name: choose(replace(chosen(), period=PERIODS[name])),
    )
    columns = {
        column: _filter(column, values, chosen, choose)
        for column, values in choices.items()
        if len(values) > 1 or scope.values(column)
    }
    button = mo.ui.button(label="Clear filters", on_change=lambda _: clear())
    return mo.ui.dictionary({"period": period, **columns, "clear": button})


def bar(placed: mo.ui.dictionary) -> Markup:
    """Return the controls side by side, each with its title."""
    titles = {"period": "Period", **FILTER_TITLES}
    fields = [
        field(titles[name], element(control)) for name, control in placed.items() if name in titles
    ]
    actions = tag("div", element(placed["clear"]), class_="pp-actions")
    return tag("div", *fields, actions, class_="pp-bar")


def sides(
    choices: Mapping[str, Sequence[str | None]], chosen: Chosen, choose: Choose
) -> mo.ui.dropdown:
    """Return the choice of what is compared: the halves, or two of the most frequent variants."""
    variants = [value for value in choices["variant"] if value is not None]
    pairs = combinations(sorted(variants[:_MOST_COMPARED]), 2)
    named = {f"{_short(left)} and {_short(right)}": (left, right) for left, right in pairs}
    titles = {HALVES: None} | named
    now = chosen().sides
    return mo.ui.dropdown(
        options=titles,
        value=next((title for title, pair in titles.items() if pair == now), HALVES),
        on_change=lambda pair: choose(replace(chosen(), sides=pair)),
    )


def _filter(
    column: str, values: Sequence[str | None], chosen: Chosen, choose: Choose
) -> mo.ui.multiselect:
    picked = chosen().values(column)
    named = {value or UNKNOWN: value for value in (*values, *picked)}
    return mo.ui.multiselect(
        options=list(named),
        value=[value or UNKNOWN for value in picked],
        on_change=lambda names: choose(
            chosen().filtered(column, [named[str(name)] for name in names])
        ),
    )


def _short(name: str) -> str:
    """Return a name with its middle left out: variants often differ at their ends."""
    return name if len(name) <= 32 else f"{name[:15]}…{name[-16:]}"

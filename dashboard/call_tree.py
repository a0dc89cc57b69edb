"""The calls of a run as a tree that is read level by level; what a call carried is read when asked for."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import marimo as mo

from analytics.metrics.catalog import Unit
from analytics.render import counted, number, seconds
from analytics.store.run_tables import DEEPEST, TOP, Level
from analytics.store.tables import Payload
from dashboard.opened_run import carried
from dashboard.run_reading import LEVEL_ROWS, MOST_CALLS
from dashboard.widgets import NOTHING, Markup, element, nothing, quiet, tag

_DEEPEST = 12
"""Steps of indentation; what lies deeper stands at this depth."""


@dataclass(frozen=True, kw_only=True)
class TreeView:
    """What is open in the tree."""

    most: Mapping[str, int] = field(default_factory=dict)
    """Opened call -> how many of the calls below it are shown."""
    call: str | None = None
    """The call of which is shown what it carried."""

    def toggled(self, span_id: str) -> "TreeView":
        """Return the view with a call opened or closed."""
        most = dict(self.most)
        if span_id in most:
            del most[span_id]
        else:
            most[span_id] = LEVEL_ROWS
        return replace(self, most=most)

    def more(self, span_id: str) -> "TreeView":
        """Return the view with more of the calls below one."""
        most = {**self.most, span_id: self.most.get(span_id, 0) + LEVEL_ROWS}
        return replace(self, most=most)

    def looking_at(self, span_id: str) -> "TreeView":
        """Return the view with what a call carried shown, or hidden where it was shown."""
        return replace(self, call=None if span_id == self.call else span_id)


def first_view(run: Mapping[str, Any]) -> TreeView:
    """Return what is open at first: the run's own call."""
    return TreeView(most={TOP: LEVEL_ROWS, run["run_id"]: LEVEL_ROWS})


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the tree: a call, or how many more there are below the call ``above``."""

    depth: int
    above: str
    call: Mapping[str, Any] | None = None
    left_out: int = 0


def lines(level: Level, view: TreeView) -> list[Line]:
    """Return what is open, in reading order, and at most MOST_CALLS of it."""
    found: list[Line] = []
    waiting = [iter(_below(level, TOP, 0))]
    while waiting and len(found) < MOST_CALLS:
        line = next(waiting[-1], None)
        if line is None:
            waiting.pop()
            continue
        found.append(line)
        # A circle of parents could be opened for ever.
        if line.call and line.call["span_id"] in view.most and len(waiting) <= DEEPEST:
            waiting.append(iter(_below(level, line.call["span_id"], line.depth + 1)))
    return found


def _below(level: Level, above: str, depth: int) -> Iterator[Line]:
    calls = level.calls.get(above, ())
    for call in calls:
        yield Line(depth=depth, above=above, call=call)
    if calls and calls[0]["siblings_count"] > len(calls):
        yield Line(depth=depth, above=above, left_out=calls[0]["siblings_count"] - len(calls))


def controls(shown: list[Line], view: TreeView, look: Callable[[TreeView], None]) -> mo.ui.array:
    """Return two buttons for every line: what is below it, and what it carried.

    Args:
        shown: the lines.
        view: what is open.
        look: is told what is to be open instead.
    """

    def buttons(line: Line) -> mo.ui.array:
        if line.call is None:
            above = line.above
            label = f"Show {min(LEVEL_ROWS, line.left_out)} more"
            return mo.ui.array(
                [mo.ui.button(label=label, on_change=lambda _: look(view.more(above)))]
            )
        span_id, children = line.call["span_id"], line.call["children_count"]
        sign = "▾" if span_id in view.most else "▸"
        below = mo.ui.button(
            label=f"{sign} {children:,}",
            on_change=lambda _: look(view.toggled(span_id)),
        )
        carried_button = mo.ui.button(
            label="Hide" if view.call == span_id else "Show",
            on_change=lambda _: look(view.looking_at(span_id)),
        )
        return mo.ui.array([below, carried_button] if children else [carried_button])

    return mo.ui.array(list(map(buttons, shown)))


def call_tree(
    shown: list[Line],
    view: TreeView,
    buttons: mo.ui.array | None,
    payload: Payload | None,
    run: Mapping[str, Any],
) -> Markup:
    """Return the open part of the tree.

    Args:
        shown: its lines.
        view: what is open.
        buttons: those of ``controls``; None where nobody can press one.
        payload: what the call ``view.call`` carried.
        run: the run.
    """
    calls = [line.call for line in shown if line.call]
    if not calls:
        return nothing("No calls", "None is stored of this run.")
    began = min(call["started_at"] for call in calls)
    length = max(
        (call["started_at"] - began).total_seconds() + (call["duration_s"] or 0) for call in calls
    )
    unended = "running" if run["state"] == "running" else "never ended"
    placed: list[list[Markup | mo.Html]] = [[] for _ in shown]
    if buttons is not None:
        placed = [
            [element(each) for each in cast("mo.ui.array", row).elements]
            for row in buttons.elements
        ]
    rows = [
        _line(line, own, view, payload, (began, length), unended)
        for line, own in zip(shown, placed, strict=True)
    ]
    note = f"{counted(run['spans_count'], 'call')} in all, {len(calls):,} of them open here."
    cut = (
        quiet("More are open than fit: close some to see the rest.")
        if len(shown) >= MOST_CALLS
        else NOTHING
    )
    return tag("div", quiet(note), tag("div", *rows, class_="pp-calls"), cut)


def _line(
    line: Line,
    buttons: list[Markup | mo.Html],
    view: TreeView,
    payload: Payload | None,
    span: tuple[Any, float],
    unended: str,
) -> Markup:
    depth = f"--depth:{min(line.depth, _DEEPEST)}"
    call = line.call
    if call is None:
        rest = tag("span", f"{counted(line.left_out, 'more call')} here", class_="pp-op pp-quiet")
        return tag(
            "div", tag("div", rest, *buttons, class_="pp-line"), class_="pp-call", style=depth
        )
    *below, show = buttons or [NOTHING]
    began, length = span
    start = (call["started_at"] - began).total_seconds()
    left = min(100 * start / length, 99.5) if length else 0
    width = max(100 * (call["duration_s"] or 0) / length, 0.5) if length else 0
    bar = tag(
        "span",
        tag("i", style=f"left:{left:.2f}%;width:{min(width, 100 - left):.2f}%"),
        class_="pp-bar",
        data_kind=call["kind"],
        data_status=call["status"],
    )
    used = (call["input_tokens"] or 0) + (call["output_tokens"] or 0)
    name = call["display_name"] or call["op"]
    sign = tag("i", "✕ ", class_="pp-sign") if call["status"] == "error" else NOTHING
    took = unended if call["status"] == "running" else seconds(call["duration_s"])
    head = tag(
        "div",
        tag("span", *below, sign, tag("span", name, title=call["op"]), class_="pp-op"),
        tag("span", call["kind"], class_="pp-kind"),
        bar,
        tag("span", f"{number(used, Unit.TOKENS)} tok" if used else "", class_="pp-tok"),
        tag("span", took, class_="pp-took"),
        show,
        class_="pp-line",
    )
    is_open = call["span_id"] == view.call
    return tag(
        "div",
        head,
        carried(call, payload) if is_open else NOTHING,
        class_="pp-call",
        style=depth,
        data_status=call["status"],
        data_state="open" if is_open else None,
    )

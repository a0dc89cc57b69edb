"""The calls of a run in time, as bars below each other. Markup only."""

from collections.abc import Mapping
from typing import Any

from analytics.render import counted, seconds
from analytics.store.run_tables import MOST_MARKS, Mark, Waterfall
from dashboard.widgets import NOTHING, Markup, join, nothing, part, quiet, table, tag

KINDS = ("agent", "llm", "tool", "scorer", "other")
"""Kinds of calls in the order of the legend; theme.css has a colour for each."""

_NARROWEST = 0.15
"""Width of a bar in per cent, so that an instant can be seen and pointed at."""
_LABELLED = 4.0
"""Width from which a bar has room for a name."""
_TICKS = 5
_MOST_LANES = 18
"""Lines from which they scroll."""
_MOST_OPS = 8


def waterfall(shown: Waterfall) -> Markup:
    """Return the calls as bars over time, what their colours mean, and what is not drawn."""
    if not shown.marks:
        return nothing("No calls", "None is stored of this run.")
    if shown.length_s <= 0:
        return quiet("Its calls have no times: only the date of their file is known.")
    lanes: list[list[Markup]] = []
    for mark in shown.marks:
        lanes.extend([] for _ in range(mark.lane + 1 - len(lanes)))
        lanes[mark.lane].append(_bar(mark, shown.length_s))
    lines = (tag("div", *bars, class_="pp-lane") for bars in lanes)
    drawn = tag("div", _scale(shown.length_s), *lines, class_="pp-waterfall")
    lost = (
        quiet(
            f"{counted(shown.unreached, 'call')} cannot be placed: no parents lead from the run to them."
        )
        if shown.unreached
        else NOTHING
    )
    return join(
        [
            _legend(shown.kinds),
            tag(
                "div",
                drawn,
                class_="pp-lanes",
                data_tall="yes" if len(lanes) > _MOST_LANES else None,
            ),
            lost,
            _rest(shown),
        ]
    )


def _bar(mark: Mark, length: float) -> Markup:
    call = mark.call
    left = min(100 * mark.start_s / length, 100 - _NARROWEST)
    width = max(100 * (mark.end_s - mark.start_s) / length, _NARROWEST)
    width = min(width, 100 - left)
    sign = {"error": "✕ ", "running": "● "}.get(call["status"], "")
    label = tag("span", sign, call["op"]) if width >= _LABELLED or sign else NOTHING
    return tag(
        "span",
        label,
        class_="pp-mark",
        style=f"left:{left:.3f}%;width:{width:.3f}%",
        data_kind=call["kind"],
        data_status=call["status"],
        data_side="right" if left > 60 else None,
        data_tip=_tip(mark),
    )


def _tip(mark: Mark) -> str:
    call = mark.call
    took = "without an end" if call["status"] == "running" else seconds(call["duration_s"])
    raised = f" ({call['error_type']})" if call["error_type"] else ""
    who = f" · {call['agent']}" if call["agent"] else ""
    return (
        f"{call['op'][:160]}\n{call['kind']}{who}\n{took}, {call['status']}{raised}\n"
        f"from {f'{seconds(mark.start_s)} on' if mark.start_s else 'the start'}"
    )


def _scale(length: float) -> Markup:
    ticks = (
        tag("span", seconds(length * at / (_TICKS - 1)) if at else "0 s",
            style=f"left:{100 * at / (_TICKS - 1):g}%")
        for at in range(_TICKS)
    )  # fmt: skip
    return tag("div", *ticks, class_="pp-scale", aria_hidden="true")


def _legend(kinds: Mapping[str, int]) -> Markup:
    items = [
        tag("span", tag("i", data_kind=kind), f"{counted(kinds[kind], f'{kind} call')}")
        for kind in KINDS
        if kind in kinds
    ]
    items.append(tag("span", tag("i", data_status="error"), "✕ raised or failed"))
    return tag("p", *items, class_="pp-legend")


def _rest(shown: Waterfall) -> Markup:
    if shown.rest.is_empty():
        return NOTHING
    left_out = int(shown.rest["calls_count"].sum())
    columns = [
        ("name", "Op"),
        ("kind", "Kind"),
        ("figure", "Calls"),
        ("figure", "Raised"),
        ("figure", "Together"),
    ]
    rows = [_row(row) for row in shown.rest.head(_MOST_OPS).iter_rows(named=True)]
    others = len(shown.rest) - len(rows)
    note = (
        f"{counted(MOST_MARKS, 'call')} are drawn, the outer ones first and of one level the longest; "
        f"{counted(left_out, 'more call')} by op:"
    )
    more = quiet(f"and {counted(others, 'more op')}") if others else NOTHING
    return part("Not drawn", table(columns, rows, name="Calls that are not drawn"), more, note=note)


def _row(row: Mapping[str, Any]) -> tuple[object, ...]:
    return (
        tag("code", row["op"]),
        row["kind"],
        f"{row['calls_count']:,}",
        f"{row['errors_count']:,}",
        seconds(row["duration_s"]),
    )

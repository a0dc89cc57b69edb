"""The table of tools: sorting and turning pages are buttons put into it; rows come page by page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import marimo as mo

from analytics.render import seconds
from dashboard.spent import share_of
from dashboard.widgets import Markup, element, join, table, tag

if TYPE_CHECKING:
    from polars import DataFrame

PAGE_ROWS = 10
_LONGEST = 60

COLUMNS = (
    ("tool", "name", "Tool"), ("calls", "num", "Calls"), ("failure_rate", "num", "Failed"),
    ("mean_s", "num", "Mean"), ("p95_s", "num", "95th percentile"), ("total_s", "num", "Total time"),
    ("runs", "num", "Runs"),
)  # fmt: skip
"""Column of ``Spending.tools`` that sorts, class, title."""


@dataclass(frozen=True, kw_only=True)
class ToolsView:
    """How somebody looks at the table of tools."""

    order: str = "calls"
    descending: bool = True
    page: int = 0


def ordered(frame: "DataFrame", view: ToolsView) -> "DataFrame":
    """Return the tools in the order of a view, the unknown last."""
    names = [*dict.fromkeys((view.order, "calls", "tool"))]
    down = [view.descending if name == view.order else name == "calls" for name in names]
    return frame.sort(names, descending=down, nulls_last=True)


def controls(
    frame: "DataFrame", view: ToolsView, look: Callable[[ToolsView], None]
) -> mo.ui.dictionary:
    """Return the buttons of the table: sorting, turning pages.

    Args:
        frame: ``Spending.tools``.
        view: how it is looked at.
        look: is told how to look at it instead.
    """

    def sorter(order: str, title: str) -> mo.ui.button:
        arrow = f" {'↓' if view.descending else '↑'}" if order == view.order else ""
        down = not view.descending if order == view.order else order != "tool"
        wanted = ToolsView(order=order, descending=down)
        return mo.ui.button(label=title + arrow, on_change=lambda _: look(wanted))

    def turner(label: str, to: int) -> mo.ui.button:
        return mo.ui.button(
            label=label,
            disabled=not 0 <= to <= _last(frame),
            on_change=lambda _: look(replace(view, page=to)),
        )

    page = min(view.page, _last(frame))
    return mo.ui.dictionary(
        {
            "heads": mo.ui.array([sorter(order, title) for order, _, title in COLUMNS]),
            "turners": mo.ui.array([turner("← Previous", page - 1), turner("Next →", page + 1)]),
        }
    )


def tools_table(frame: "DataFrame", view: ToolsView, buttons: mo.ui.dictionary | None) -> Markup:
    """Return one page of tools, with where it stands among all of them.

    Args:
        frame: ``Spending.tools``.
        view: how it is looked at.
        buttons: to sort and turn pages; None where nobody can press one.
    """
    titles = [title for _, _, title in COLUMNS]
    heads: list[object] = _placed(buttons, "heads") if buttons is not None else list(titles)
    columns = [(key, head) for (_, key, _), head in zip(COLUMNS, heads, strict=True)]
    first = min(view.page, _last(frame)) * PAGE_ROWS
    rows = ordered(frame, view).slice(first, PAGE_ROWS)
    place = tag("span", f"{first + 1:,} to {first + len(rows):,} of {len(frame):,}")
    turners = _placed(buttons, "turners") if buttons is not None and len(frame) > PAGE_ROWS else []
    return join(
        [
            table(columns, map(_row, rows.iter_rows(named=True)), name="Tools", labels=titles),
            tag("div", place, *turners, class_="pp-pages"),
        ]
    )


def _placed(buttons: mo.ui.dictionary, part: str) -> list[object]:
    return [element(each) for each in cast("mo.ui.array", buttons[part]).elements]


def _last(frame: "DataFrame") -> int:
    return max(len(frame) - 1, 0) // PAGE_ROWS


def _row(row: Mapping[str, Any]) -> tuple[object, ...]:
    name = row["tool"] if len(row["tool"]) <= _LONGEST else row["tool"][: _LONGEST - 1] + "…"
    return (
        tag("code", name, title=row["tool"]),
        f"{row['calls']:,}",
        share_of(row["failures"], row["judged"]),
        seconds(row["mean_s"]),
        seconds(row["p95_s"]),
        seconds(row["total_s"]),
        f"{row['runs']:,}",
    )

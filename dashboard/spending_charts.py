"""Draws what runs spent and did: one function per chart, in the one theme. Computes nothing.

Every function returns None where there is nothing to draw; the page then says so in words.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import altair as alt

from analytics.metrics.catalog import METRICS, Unit
from analytics.render import axis_title, number, seconds
from analytics.spending import KINDS
from dashboard.drawing import (
    days_axis,
    finish,
    layers,
    legend,
    linear_seconds_axis,
    placed,
    stacked,
)
from dashboard.once import drawn_once
from dashboard.palette import BLUE, CATEGORIES, GREEN, INK, QUIET, STATES

if TYPE_CHECKING:
    from polars import DataFrame

BASES = {"reported": BLUE, "computed": GREEN}
"""Where a cost comes from, and its colour."""

PHASES = {"queued": QUIET, "executed": BLUE}
"""What a pipeline does, and its colour."""

_OVER = STATES["failed"]
_KIND_COLOURS = (
    CATEGORIES[0],
    CATEGORIES[4],
    CATEGORIES[1],
    CATEGORIES[5],
    CATEGORIES[2],
    CATEGORIES[3],
)
_DOLLARS = "'$' + format(datum.value, ',.3~r')"
_TOKENS = "format(datum.value, '.3~s')"
_BAR_PX = 30
_LABEL_PX = 210


@drawn_once
def chart_cost_days(
    frame: "DataFrame", *, bucket: str = "day", per_day_usd: float | None = None, height: int = 230
) -> alt.LayerChart | None:
    """Draw cost over time, reported and computed on top of each other, with the budget of a day.

    Args:
        frame: ``Spending.days``.
        bucket: day, week or month.
        per_day_usd: the budget; drawn where a bar is a day.
        height: of the drawing, in pixels.
    """
    if frame.is_empty():
        return None
    shown = _told(stacked(placed(frame, bucket), "bucket", "usd"), "usd")
    limit = per_day_usd if bucket == "day" else None
    highest = max(*shown["top"].to_list(), limit or 0.0)
    bars = (
        alt.Chart(shown)
        .mark_bar(binSpacing=2, opacity=0.9)
        .encode(
            x=days_axis(frame, bucket),
            x2="until:T",
            y=alt.Y(
                "base:Q",
                title=axis_title(METRICS["cost"]),
                axis=alt.Axis(labelExpr=_DOLLARS, tickCount=5),
                # Room for the word above the line.
                scale=alt.Scale(domain=[0, highest * 1.15 or 1], nice=False),
            ),
            y2="top:Q",
            color=_colours("basis", BASES, frame["basis"].to_list()),
            tooltip=[
                alt.Tooltip("when:N", title=bucket.capitalize()),
                alt.Tooltip("basis:N", title="Cost as"),
                alt.Tooltip("told:N", title="Cost"),
                alt.Tooltip("runs:Q", title="Runs that tell"),
            ],
        )
    )
    if limit is None:
        return finish(layers(bars), height)
    rows = alt.Data(values=[{"at": limit, "label": f"- - budget {number(limit, Unit.USD)} a day"}])
    line = alt.Chart(rows).mark_rule(color=_OVER, strokeDash=[5, 3], strokeWidth=1.5)
    # In the room above the bars, where it hides none.
    word = alt.Chart(rows).mark_text(
        align="right", baseline="top", x="width", y=2, color=_OVER, fontSize=11, fontWeight=600
    )
    return finish(layers(bars, line.encode(y="at:Q"), word.encode(text="label:N")), height)


@drawn_once
def chart_cost_by(frame: "DataFrame", title: str) -> alt.LayerChart | None:
    """Draw what cost how much, the dearest first and the rest as one.

    Args:
        frame: label, usd, share, runs: in the order in which bars stand.
        title: what the bars are: Model, Task ...
    """
    if frame.is_empty():
        return None
    shown = _told(frame, "usd")
    base = alt.Chart(shown).encode(
        y=_names("label"),
        tooltip=[
            alt.Tooltip("label:N", title=title),
            alt.Tooltip("told:N", title="Cost"),
            alt.Tooltip("share:Q", title="Share", format=".1%"),
            alt.Tooltip("runs:Q", title="Runs that tell"),
        ],
    )
    x = alt.X(
        "usd:Q",
        title=axis_title(METRICS["cost"]),
        axis=alt.Axis(labelExpr=_DOLLARS, tickCount=5),
        # Room for the number beyond the longest bar.
        scale=alt.Scale(domain=[0, max(shown["usd"].to_list()) * 1.2 or 1], nice=False),
    )
    bars = base.mark_bar(color=BLUE, opacity=0.85, height={"band": 0.6}).encode(x=x)
    words = base.mark_text(align="left", dx=5, color=INK, fontSize=11).encode(
        x="usd:Q", text="told:N"
    )
    return finish(layers(bars, words), max(len(shown) * _BAR_PX, 70))


@drawn_once
def chart_reported_computed(frame: "DataFrame") -> alt.LayerChart | None:
    """Draw reported and computed cost side by side, over the calls that have both.

    Args:
        frame: label, basis, usd: two rows a model.
    """
    if frame.is_empty():
        return None
    shown = _told(frame, "usd")
    names = frame.unique("label", maintain_order=True)["label"].to_list()
    base = alt.Chart(shown).encode(
        y=_names("label"),
        yOffset=alt.YOffset("basis:N", sort=list(BASES)),
        tooltip=[
            alt.Tooltip("label:N", title="Model"),
            alt.Tooltip("basis:N", title="Cost as"),
            alt.Tooltip("told:N", title="Cost"),
        ],
    )
    x = alt.X(
        "usd:Q",
        title="Cost of the calls that have both ($)",
        axis=alt.Axis(labelExpr=_DOLLARS, tickCount=4),
        scale=alt.Scale(domain=[0, max(shown["usd"].to_list()) * 1.25 or 1], nice=False),
    )
    bars = base.mark_bar(opacity=0.9).encode(x=x, color=_colours("basis", BASES, list(BASES)))
    words = base.mark_text(align="left", dx=5, color=INK, fontSize=11).encode(
        x="usd:Q", text="told:N"
    )
    return finish(layers(bars, words), len(names) * 52)


@drawn_once
def chart_tokens(frame: "DataFrame") -> alt.LayerChart | None:
    """Draw tokens by kind, one bar a model.

    Args:
        frame: label, kind (position in KINDS), tokens: in the order in which bars stand.
    """
    import polars as pl

    if frame.is_empty():
        return None
    names = frame.unique("label", maintain_order=True)["label"].to_list()
    shown = stacked(frame, "label", "tokens").with_columns(
        name=pl.Series([KINDS[kind] for kind in frame["kind"]], dtype=pl.String),
        told=pl.Series([f"{tokens:,}" for tokens in frame["tokens"]], dtype=pl.String),
    )
    colours: dict[str, str] = dict(zip(KINDS, _KIND_COLOURS, strict=True))
    bars = (
        alt.Chart(shown)
        .mark_bar(opacity=0.9, height={"band": 0.6})
        .encode(
            y=_names("label"),
            x=alt.X(
                "base:Q",
                title="Tokens",
                axis=alt.Axis(labelExpr=_TOKENS, tickCount=5),
                # Room for the number beyond the longest bar.
                scale=alt.Scale(domain=[0, max(shown["top"].to_list()) * 1.25], nice=False),
            ),
            x2="top:Q",
            color=_colours("name", colours, shown["name"].to_list(), columns=2),
            tooltip=[
                alt.Tooltip("label:N", title="Model"),
                alt.Tooltip("name:N", title="Kind"),
                alt.Tooltip("told:N", title="Tokens"),
            ],
        )
    )
    sums = frame.group_by("label", maintain_order=True).agg(pl.col("tokens").sum())
    ends = sums.with_columns(
        told=pl.Series([number(each, Unit.TOKENS) for each in sums["tokens"]], dtype=pl.String)
    )
    words = (
        alt.Chart(ends)
        .mark_text(align="left", dx=5, color=INK, fontSize=11)
        .encode(y=_names("label"), x="tokens:Q", text="told:N")
    )
    return finish(layers(bars, words), max(len(names) * _BAR_PX, 70))


@drawn_once
def chart_pipelines(
    frame: "DataFrame", *, bucket: str = "day", height: int = 200
) -> alt.LayerChart | None:
    """Draw how long pipelines waited and ran on average, one on top of the other.

    Args:
        frame: ``Spending.pipelines``.
        bucket: day, week or month.
        height: of the drawing, in pixels.
    """
    import polars as pl

    if frame.is_empty():
        return None
    shown = stacked(placed(frame, bucket), "bucket", "seconds").with_columns(
        told=pl.Series([seconds(each) for each in frame["seconds"]], dtype=pl.String)
    )
    bars = (
        alt.Chart(shown)
        .mark_bar(binSpacing=2, opacity=0.9)
        .encode(
            x=days_axis(frame, bucket),
            x2="until:T",
            y=alt.Y(
                "base:Q",
                title="Mean time per pipeline",
                axis=linear_seconds_axis(float(max(shown["top"].to_list()))),
            ),
            y2="top:Q",
            color=_colours("phase", PHASES, list(PHASES)),
            tooltip=[
                alt.Tooltip("when:N", title=bucket.capitalize()),
                alt.Tooltip("phase:N", title="Phase"),
                alt.Tooltip("told:N", title="Mean time"),
                alt.Tooltip("pipelines:Q", title="Pipelines that tell both"),
            ],
        )
    )
    return finish(layers(bars), height)


def _told(frame: "DataFrame", value: str) -> "DataFrame":
    import polars as pl

    words = [number(each, Unit.USD) for each in frame[value]]
    return frame.with_columns(told=pl.Series(words, dtype=pl.String))


def _names(field: str) -> alt.Y:
    """Return an axis of names, in the order of the rows.

    An order given as a list of names would become an expression, which some texts of traces break.
    """
    axis = alt.Axis(labelLimit=_LABEL_PX, ticks=False, domain=False)
    return alt.Y(f"{field}:N", sort=None, title=None, axis=axis)


def _colours(
    field: str, known: Mapping[str, str], present: list[str], *, columns: int | None = None
) -> alt.Color:
    """Return the colours of what is there, in the order in which it is known."""
    names = [name for name in known if name in present]
    scale = alt.Scale(domain=names, range=[known[name] for name in names])
    above = legend()
    if columns:
        above.columns = columns
    return alt.Color(f"{field}:N", scale=scale, legend=above)

"""Draws the frames of an overview: one function per chart, one theme. Computes nothing.

Every function returns None where there is nothing to draw; the page then says so in words.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import altair as alt

from analytics.metrics.catalog import METRICS
from analytics.render import axis_title, counted, seconds
from dashboard.drawing import (
    TIME_TITLE,
    brushed,
    day_ticks,
    days_axis,
    finish,
    layers,
    legend,
    linear_seconds_axis,
    logarithmic,
    marked,
    outcome_colour,
    percent,
    placed,
    seconds_axis,
    spanned,
    stacked,
    time_to_fix,
    told,
)  # fmt: skip
from dashboard.once import drawn_once
from dashboard.palette import BLUE, CATEGORIES, GREEN, INK, OUTCOMES, QUIET, STATES

if TYPE_CHECKING:
    from polars import DataFrame

Chart = alt.LayerChart

DAYS = "days"
"""Name of the selection of days in ``chart_pass_rate``."""
BUG_TYPES = "bug_types"
"""Name of the selection of types in ``chart_bug_types``."""


@drawn_once
def chart_pass_rate(
    frame: "DataFrame",
    marks: "DataFrame",
    *,
    bucket: str = "day",
    days: tuple[date, date] | None = None,
    height: int = 240,
) -> Chart | None:
    """Draw the pass rate over time: line, band of the 95 % interval, points as large as their n.

    Args:
        frame: ``Series.pass_rate``.
        marks: ``Series.variant_marks``.
        bucket: day, week or month.
        days: first and last day that are brushed.
        height: of the drawing, in pixels.
    """
    if frame.is_empty():
        return None
    rows = told(frame, bucket, percent)
    brush = alt.selection_interval(
        name=DAYS, encodings=["x"], value=brushed(days), zoom=False,
        mark=alt.BrushConfig(fill=BLUE, fillOpacity=0.12, stroke=BLUE, strokeOpacity=0.5),
    )  # fmt: skip
    x = days_axis(frame, bucket)
    y = alt.Y(
        "value:Q",
        title=axis_title(METRICS["pass_rate"]),
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format=".0%", tickCount=5),
    )
    base = alt.Chart(rows).encode(x=x)
    band = base.mark_area(color=GREEN, opacity=0.16).encode(y=alt.Y("low:Q"), y2="high:Q")
    # A single point has no area: its interval is a bar.
    whisker = base.mark_rule(color=GREEN, opacity=0.16, strokeWidth=8).encode(
        y="low:Q", y2="high:Q"
    )
    interval = band if len(frame) > 1 else whisker
    line = base.mark_line(color=GREEN, strokeWidth=2).encode(y=y)
    points = (
        base.mark_point(color=GREEN, filled=True, opacity=1)
        .encode(
            y=y,
            size=alt.Size(
                "n:Q", legend=None, scale=alt.Scale(type="sqrt", range=[24, 170], zero=True)
            ),
            tooltip=[
                alt.Tooltip("when:N", title=bucket.capitalize()),
                alt.Tooltip("value:Q", title="Pass rate", format=".1%"),
                alt.Tooltip("span:N", title="95 % interval"),
                alt.Tooltip("hits:Q", title="Passed"),
                alt.Tooltip("n:Q", title="Of runs with a known outcome"),
                alt.Tooltip("missing:Q", title="Outcome unknown"),
            ],
        )
        .add_params(brush)
    )
    return finish(layers(interval, line, *marked(marks, frame), points), height)


@drawn_once
def chart_fix_times(
    points: "DataFrame", medians: "DataFrame", *, bucket: str = "day", height: int = 220
) -> Chart | None:
    """Draw how long every bug took, and the median over time.

    Args:
        points: ``Series.fix_points``.
        medians: ``Series.fix_medians``.
        bucket: day, week or month.
        height: of the drawing, in pixels.
    """
    import polars as pl

    if points.is_empty():
        return None
    moments: list[datetime] = points["started_at"].to_list()
    shown = points.with_columns(
        told=pl.Series([seconds(value) for value in points["seconds"]], dtype=pl.String),
        # A logarithmic axis has no place for an instant.
        seconds=points["seconds"].clip(lower_bound=0.001),
        started_at=points["started_at"].dt.to_string("iso:strict") + "Z",
    )
    y = time_to_fix(shown["seconds"].to_list())
    dots = (
        alt.Chart(shown)
        .mark_point(filled=True, size=26, opacity=0.55)
        .encode(
            x=alt.X(
                "started_at:T",
                title=None,
                scale=alt.Scale(type="utc"),
                axis=day_ticks(min(moments).date(), max(moments).date()),
            ),
            y=y,
            color=outcome_colour(),
            shape=alt.Shape(
                "outcome:N",
                legend=legend(),
                scale=alt.Scale(domain=list(OUTCOMES), range=["circle", "cross", "triangle-up"]),
            ),
            tooltip=[
                alt.Tooltip("title:N", title="Bug"),
                alt.Tooltip("bug_type:N", title="Type"),
                alt.Tooltip("outcome:N", title="Outcome"),
                alt.Tooltip("told:N", title="Time"),
                alt.Tooltip("attempts:Q", title="Attempts"),
            ],
        )
    )
    if medians.is_empty():
        return finish(layers(dots), height)
    rows = told(medians, bucket, seconds)
    line = (
        alt.Chart(rows)
        .mark_line(color=INK, strokeWidth=2, point=alt.OverlayMarkDef(color=INK, size=30))
        .encode(
            x=alt.X("middle:T", title=None),
            y=alt.Y("value:Q"),
            tooltip=[
                alt.Tooltip("when:N", title=bucket.capitalize()),
                alt.Tooltip("told:N", title="Median fix time"),
                alt.Tooltip("span:N", title="95 % interval"),
                alt.Tooltip("n:Q", title="Bugs"),
            ],
        )
    )
    return finish(layers(dots, line), height)


@drawn_once
def chart_fix_distribution(
    bins: "DataFrame", median_s: float | None, *, height: int = 220
) -> Chart | None:
    """Draw how many bugs took how long, on a logarithmic axis, with the median.

    Args:
        bins: ``Series.fix_bins``.
        median_s: the median fix time of the same bugs (Kaplan-Meier), where there is one.
        height: of the drawing, in pixels.
    """
    import polars as pl

    if bins.is_empty():
        return None
    edges: list[tuple[float, float]] = bins.select("lower_s", "upper_s").rows()
    ranges = [f"{seconds(lower)} to {seconds(upper)}" for lower, upper in edges]
    shown = stacked(bins, "lower_s", "bugs").with_columns(range=pl.Series(ranges, dtype=pl.String))
    ends = [min(lower for lower, _ in edges), max(upper for _, upper in edges)]
    bars = (
        alt.Chart(shown)
        .mark_bar(binSpacing=2, opacity=0.9)
        .encode(
            x=alt.X("lower_s:Q", title=TIME_TITLE, scale=logarithmic(ends), axis=seconds_axis(ends)),
            x2="upper_s:Q",
            y=alt.Y(
                "base:Q",
                title="Bugs",
                axis=alt.Axis(tickMinStep=1, tickCount=5),
                # Room for the word above the highest bar.
                scale=alt.Scale(domain=[0, max(shown["top"]) * 1.18]),
            ),
            y2="top:Q",
            color=outcome_colour(),
            tooltip=[
                alt.Tooltip("range:N", title="Took"),
                alt.Tooltip("outcome:N", title="Outcome"),
                alt.Tooltip("bugs:Q", title="Bugs"),
            ],
        )
    )  # fmt: skip
    if median_s is None or not ends[0] <= median_s <= ends[1]:
        return finish(layers(bars), height)
    rows = alt.Data(values=[{"at": median_s, "label": f"median {seconds(median_s)}"}])
    rule = alt.Chart(rows).mark_rule(color=INK, strokeDash=[4, 3], strokeWidth=1.5).encode(x="at:Q")
    label = (
        alt.Chart(rows)
        .mark_text(align="left", baseline="top", dx=5, y=2, color=INK, fontSize=11, fontWeight=600)
        .encode(x="at:Q", text="label:N")
    )
    return finish(layers(bars, rule, label), height)


@drawn_once
def chart_bug_types(
    frame: "DataFrame", *, chosen: Sequence[str | None] = (), height: int = 220
) -> Chart | None:
    """Draw the types of bugs as a ring, with their counts in the legend.

    Args:
        frame: ``Series.bug_types``.
        chosen: types that are picked; empty where none is.
        height: of the drawing, in pixels.
    """
    if frame.is_empty():
        return None
    labels = frame["label"].to_list()
    pick = alt.selection_point(
        name=BUG_TYPES,
        fields=["bug_type"],
        value=[{"bug_type": name} for name in chosen if name] or alt.Undefined,
    )
    colour = alt.Color(
        "label:N",
        sort=labels,
        scale=alt.Scale(domain=labels, range=list(CATEGORIES[: len(labels)])),
        legend=alt.Legend(
            title=None, orient="right", symbolType="circle", labelLimit=150, rowPadding=6
        ),
    )
    ring = (
        alt.Chart(frame)
        .mark_arc(
            innerRadius=alt.expr("min(width, height) * 0.28"),
            outerRadius=alt.expr("min(width, height) * 0.45"),
            padAngle=0.015,
            cornerRadius=2,
        )
        .encode(
            theta=alt.Theta("bugs:Q", stack=True),
            order=alt.Order("rank:Q"),
            color=colour,
            opacity=alt.condition(pick, alt.value(1), alt.value(0.25)),
            tooltip=[
                alt.Tooltip("bug_type:N", title="Type"),
                alt.Tooltip("bugs:Q", title="Bugs"),
                alt.Tooltip("share:Q", title="Share", format=".1%"),
                alt.Tooltip("fixed:Q", title="Fixed"),
                alt.Tooltip("fix_rate:Q", title="Fix rate of closed bugs", format=".1%"),
            ],
        )
        .add_params(pick)
    )
    words = zip(("total", "what"), counted(int(frame["bugs"].sum()), "bug").split(), strict=True)
    total = alt.Data(values=[dict(words)])
    number = alt.Chart(total).mark_text(fontSize=24, fontWeight=600, color=INK, dy=-5)
    word = alt.Chart(total).mark_text(fontSize=11, color=INK, dy=15)
    return finish(layers(ring, number.encode(text="total:N"), word.encode(text="what:N")), height)


@drawn_once
def chart_run_states(frame: "DataFrame", *, bucket: str = "day", height: int = 200) -> Chart | None:
    """Draw how many runs there were, by how they stand.

    Args:
        frame: ``Series.run_states``.
        bucket: day, week or month.
        height: of the drawing, in pixels.
    """
    if frame.is_empty():
        return None
    present = [state for state in STATES if state in set(frame["state"].to_list())]
    bars = (
        alt.Chart(stacked(placed(frame, bucket), "bucket", "runs"))
        .mark_bar(binSpacing=2, opacity=0.9)
        .encode(
            x=days_axis(frame, bucket),
            x2="until:T",
            y=alt.Y(
                "base:Q",
                title=axis_title(METRICS["runs"]),
                axis=alt.Axis(tickMinStep=1, tickCount=4),
            ),
            y2="top:Q",
            color=alt.Color(
                "state:N",
                scale=alt.Scale(domain=present, range=[STATES[state] for state in present]),
                legend=legend(),
            ),
            tooltip=[
                alt.Tooltip("when:N", title=bucket.capitalize()),
                alt.Tooltip("state:N", title="State"),
                alt.Tooltip("runs:Q", title="Runs"),
            ],
        )
    )  # fmt: skip
    return finish(layers(bars), height)


@drawn_once
def chart_agents(frame: "DataFrame") -> Chart | None:
    """Draw the mean time that each agent spends per run, with its 95 % interval.

    Args:
        frame: ``Series.agents``.
    """
    if frame.is_empty():
        return None
    shown = spanned(frame, seconds)
    longest = float(max(shown["end"]))
    base = alt.Chart(shown).encode(
        y=alt.Y(
            "agent:N",
            # In the order of the rows: a list of names would become an expression, which some break.
            sort=None,
            title=None,
            axis=alt.Axis(labelLimit=150, ticks=False, domain=False),
        ),
        tooltip=[
            alt.Tooltip("agent:N", title="Agent"),
            alt.Tooltip("told:N", title="Mean time per run"),
            alt.Tooltip("span:N", title="95 % interval"),
            alt.Tooltip("n:Q", title="Runs"),
        ],
    )
    x = alt.X(
        "value:Q",
        title=axis_title(METRICS["agent_time"]),
        axis=linear_seconds_axis(longest),
        # Room for the number beyond the longest interval.
        scale=alt.Scale(domain=[0, longest * 1.25 or 1], nice=False),
    )
    bars = base.mark_bar(color=BLUE, opacity=0.8, height={"band": 0.55}).encode(x=x)
    whiskers = base.mark_rule(color=INK, strokeWidth=1.5).encode(x="low:Q", x2="high:Q")
    labels = base.mark_text(align="left", dx=6, color=INK, fontSize=11).encode(
        x=alt.X("end:Q"), text="told:N"
    )
    return finish(layers(bars, whiskers, labels), max(len(frame) * 34, 68))


@drawn_once
def chart_before_after(frame: "DataFrame") -> Chart | None:
    """Draw shares of both sides of a comparison, each with its 95 % interval.

    Args:
        frame: ``Comparison.frame()``.
    """
    if frame.is_empty():
        return None
    shown = spanned(frame, percent)
    sides = frame.unique("side", maintain_order=True).sort("order")["side"].to_list()
    colour = alt.Color(
        "side:N", scale=alt.Scale(domain=sides, range=[QUIET, GREEN]), legend=legend()
    )
    base = alt.Chart(shown).encode(
        y=alt.Y(
            "metric:N",
            sort=None,
            title=None,
            axis=alt.Axis(labelLimit=170, ticks=False, domain=False),
        ),
        yOffset=alt.YOffset("side:N", sort=None),
        color=colour,
        tooltip=[
            alt.Tooltip("metric:N", title="Metric"),
            alt.Tooltip("side:N", title="Side"),
            alt.Tooltip("told:N", title="Value"),
            alt.Tooltip("span:N", title="95 % interval"),
            alt.Tooltip("n:Q", title="Of"),
        ],
    )
    x = alt.X(
        "value:Q",
        title="Share (%)",
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format=".0%", tickCount=5),
    )
    rules = base.mark_rule(strokeWidth=3, opacity=0.45).encode(x=alt.X("low:Q"), x2="high:Q")
    dots = base.mark_point(filled=True, size=85, opacity=1).encode(x=x)
    rows = frame["metric"].n_unique()
    return finish(layers(rules, dots), rows * 46)

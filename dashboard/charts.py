"""Draws the frames of an overview: one function per chart, one theme. Computes nothing.

Every function returns None where there is nothing to draw; the page then says so in words.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import altair as alt

from analytics.metrics.catalog import METRICS
from analytics.render import axis_title, seconds
from dashboard.palette import BLUE, CATEGORIES, GREEN, INK, OUTCOMES, QUIET, RULE, STATES

if TYPE_CHECKING:
    from polars import DataFrame

Chart = alt.LayerChart
Say = Callable[[float | None], str]

DAYS = "days"
"""Name of the selection of days in ``chart_pass_rate``."""
BUG_TYPES = "bug_types"
"""Name of the selection of types in ``chart_bug_types``."""

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
_SECONDS_LABEL = (
    "datum.value < 1 ? format(datum.value * 1000, '~g') + ' ms' : datum.value < 60 ? "
    "format(datum.value, '~g') + ' s' : datum.value < 3600 ? format(datum.value / 60, '~g') + ' min' "
    ": format(datum.value / 3600, '~g') + ' h'"
)
"""Vega expression: a number of seconds on an axis, in the unit that fits."""
_TIME_TITLE = "Time to fix, or until given up"
_TICKS_S = [0.001, 0.01, 0.1, 1, 5, 10, 30, 60, 300, 600, 1800, 3600, 14400, 86400]


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
    rows = _told(frame, bucket, _percent)
    brush = alt.selection_interval(
        name=DAYS, encodings=["x"], value=_brushed(days), zoom=False,
        mark=alt.BrushConfig(fill=BLUE, fillOpacity=0.12, stroke=BLUE, strokeOpacity=0.5),
    )  # fmt: skip
    x = _time(frame, bucket)
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
        base.mark_point(color=GREEN, fill=GREEN, filled=True, opacity=1)
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
    layers = [interval, line, *_marked(marks, frame), points]
    return _finish(_layers(*layers), height)


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
    shown = points.with_columns(
        told=pl.Series([seconds(value) for value in points["seconds"]], dtype=pl.String),
        # A logarithmic axis has no place for an instant.
        seconds=points["seconds"].clip(lower_bound=0.001),
        started_at=points["started_at"].dt.to_string("iso:strict") + "Z",
    )
    y = _time_to_fix(shown["seconds"].to_list())
    dots = (
        alt.Chart(shown)
        .mark_point(filled=True, size=26, opacity=0.55)
        .encode(
            x=alt.X(
                "started_at:T",
                title=None,
                scale=alt.Scale(type="utc"),
                axis=alt.Axis(tickCount=7, labelOverlap=True),
            ),
            y=y,
            color=_outcome_colour(),
            shape=alt.Shape(
                "outcome:N",
                legend=None,
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
        return _finish(_layers(dots), height)
    rows = _told(medians, bucket, seconds)
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
    return _finish(_layers(dots, line), height)


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
    shown = bins.with_columns(range=pl.Series(ranges, dtype=pl.String))
    ends = [min(lower for lower, _ in edges), max(upper for _, upper in edges)]
    bars = (
        alt.Chart(shown)
        .mark_bar(binSpacing=1)
        .encode(
            x=alt.X("lower_s:Q", title=_TIME_TITLE, scale=_log(ends), axis=_seconds_axis(ends)),
            x2="upper_s:Q",
            y=alt.Y("bugs:Q", title="Bugs", stack="zero", axis=alt.Axis(tickMinStep=1, tickCount=5)),
            color=_outcome_colour(),
            order=alt.Order("outcome:N"),
            tooltip=[
                alt.Tooltip("range:N", title="Took"),
                alt.Tooltip("outcome:N", title="Outcome"),
                alt.Tooltip("bugs:Q", title="Bugs"),
            ],
        )
    )  # fmt: skip
    if median_s is None or not ends[0] <= median_s <= ends[1]:
        return _finish(_layers(bars), height)
    rows = alt.Data(values=[{"at": median_s, "label": f"median {seconds(median_s)}"}])
    rule = alt.Chart(rows).mark_rule(color=INK, strokeDash=[4, 3], strokeWidth=1.5).encode(x="at:Q")
    label = (
        alt.Chart(rows)
        .mark_text(align="left", baseline="top", dx=5, y=2, color=INK, fontSize=11, fontWeight=600)
        .encode(x="at:Q", text="label:N")
    )
    return _finish(_layers(bars, rule, label), height)


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
            title=None, orient="right", symbolType="circle", labelLimit=220, rowPadding=6
        ),
    )
    ring = (
        alt.Chart(frame)
        .mark_arc(
            innerRadius=height * 0.28, outerRadius=height * 0.45, padAngle=0.015, cornerRadius=2
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
    total = alt.Data(values=[{"total": f"{int(frame['bugs'].sum()):,}", "what": "bugs"}])
    number = alt.Chart(total).mark_text(fontSize=24, fontWeight=600, color=INK, dy=-5)
    word = alt.Chart(total).mark_text(fontSize=11, color=INK, dy=15)
    return _finish(_layers(ring, number.encode(text="total:N"), word.encode(text="what:N")), height)


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
        alt.Chart(_placed(frame, bucket))
        .mark_bar(binSpacing=1)
        .encode(
            x=_time(frame, bucket),
            x2="until:T",
            y=alt.Y("runs:Q", title=axis_title(METRICS["runs"]), axis=alt.Axis(tickMinStep=1, tickCount=4)),
            color=alt.Color(
                "state:N",
                scale=alt.Scale(domain=present, range=[STATES[state] for state in present]),
                legend=_legend(),
            ),
            order=alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip("when:N", title=bucket.capitalize()),
                alt.Tooltip("state:N", title="State"),
                alt.Tooltip("runs:Q", title="Runs"),
            ],
        )
    )  # fmt: skip
    return _finish(_layers(bars), height)


def chart_agents(frame: "DataFrame") -> Chart | None:
    """Draw the mean time that each agent spends per run, with its 95 % interval.

    Args:
        frame: ``Series.agents``.
    """
    if frame.is_empty():
        return None
    shown = _spanned(frame, seconds)
    order = frame["agent"].to_list()
    base = alt.Chart(shown).encode(
        y=alt.Y(
            "agent:N",
            sort=order,
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
        axis=alt.Axis(labelExpr=_SECONDS_LABEL, tickCount=5),
    )
    bars = base.mark_bar(color=BLUE, opacity=0.8, height={"band": 0.55}).encode(x=x)
    whiskers = base.mark_rule(color=INK, strokeWidth=1.5).encode(x="low:Q", x2="high:Q")
    labels = base.mark_text(align="left", dx=6, color=INK, fontSize=11).encode(
        x=alt.X("end:Q"), text="told:N"
    )
    return _finish(_layers(bars, whiskers, labels), max(len(order) * 34, 68))


def chart_before_after(frame: "DataFrame") -> Chart | None:
    """Draw shares of both sides of a comparison, each with its 95 % interval.

    Args:
        frame: ``Comparison.frame()``.
    """
    if frame.is_empty():
        return None
    shown = _spanned(frame, _percent)
    sides = frame.unique("side", maintain_order=True).sort("order")["side"].to_list()
    colour = alt.Color(
        "side:N", scale=alt.Scale(domain=sides, range=[QUIET, GREEN]), legend=_legend()
    )
    base = alt.Chart(shown).encode(
        y=alt.Y(
            "metric:N",
            sort=None,
            title=None,
            axis=alt.Axis(labelLimit=170, ticks=False, domain=False),
        ),
        yOffset=alt.YOffset("side:N", sort=sides),
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
    return _finish(_layers(rules, dots), rows * 46)


def _layers(*charts: alt.Chart) -> alt.LayerChart:
    """Put drawings on top of each other."""
    return alt.LayerChart(layer=list(charts))


def _finish(chart: alt.LayerChart, height: int) -> alt.LayerChart:
    """Give a chart its size and the one theme."""
    axis = {
        "labelColor": INK, "titleColor": INK, "domainColor": RULE, "tickColor": RULE,
        "gridColor": RULE, "labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": 500,
        "labelPadding": 6, "titlePadding": 8, "tickSize": 4,
    }  # fmt: skip
    return (
        chart.properties(
            width="container",
            height=height,
            autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
            # An SVG takes the page's own colours, light or dark, from theme.css.
            usermeta={"embedOptions": {"actions": False, "renderer": "svg"}},
        )
        .configure(background="transparent", font=_FONT, padding=2)
        .configure_view(stroke=None)
        .configure_axis(**axis)
        .configure_axisX(grid=False)
        .configure_axisY(domain=False, ticks=False)
        .configure_legend(labelColor=INK, titleColor=INK, labelFontSize=11, symbolSize=70)
    )


def _time(frame: "DataFrame", bucket: str) -> alt.X:
    """Return an axis of days: UTC, wherever the browser stands."""
    days_drawn: list[date] = frame["bucket"].to_list()
    first, last = min(days_drawn), max(days_drawn)
    days = (last - first).days
    layout = "%b %Y" if bucket == "month" or days > 400 else "%-d %b"
    axis = alt.Axis(format=layout, tickCount=min(days + 1, 8), labelOverlap=True, labelFlush=True)
    if first != last:
        return alt.X("bucket:T", title=None, axis=axis, scale=alt.Scale(type="utc"))
    # A single bucket stands in the middle, not at the edge.
    ends = [_instant(first - timedelta(days=1)), _instant(last + timedelta(days=2))]
    axis.values = [_instant(first)]
    return alt.X("bucket:T", title=None, axis=axis, scale=alt.Scale(type="utc", domain=ends))


def _marked(marks: "DataFrame", frame: "DataFrame") -> list[alt.Chart]:
    """Return rules with a label where a variant first appears, within what is drawn."""
    first, last = frame["bucket"].min(), frame["bucket"].max()
    inside = marks.filter((marks["bucket"] >= first) & (marks["bucket"] <= last))
    if inside.is_empty():
        return []
    joined = inside.group_by("bucket", maintain_order=True).agg(label=inside["label"].head(0))
    names = {
        day: ", ".join(_short(name) for name in inside.filter(inside["bucket"] == day)["label"])
        for day in joined["bucket"]
    }
    rows = alt.Data(
        values=[{"bucket": _iso(day), "label": f"{name} ▸"} for day, name in names.items()]
    )
    rule = alt.Chart(rows).mark_rule(color=BLUE, strokeDash=[3, 3], opacity=0.8)
    text = alt.Chart(rows).mark_text(
        align="right", baseline="top", dx=-4, y=2, color=BLUE, fontSize=11
    )
    return [rule.encode(x="bucket:T"), text.encode(x="bucket:T", text="label:N")]


def _time_to_fix(values: Sequence[float]) -> alt.Y:
    ends = [min(values), max(values)]
    return alt.Y(
        "seconds:Q",
        title=_TIME_TITLE,
        scale=_log(ends),
        axis=_seconds_axis(ends),
    )


def _log(ends: Sequence[Any]) -> alt.Scale:
    low, high = ends
    return alt.Scale(type="log", domain=[low * 0.8, high * 1.25], nice=False)


def _seconds_axis(ends: Sequence[Any]) -> alt.Axis:
    low, high = ends
    ticks = [tick for tick in _TICKS_S if low * 0.8 <= tick <= high * 1.25]
    return alt.Axis(values=ticks or alt.Undefined, labelExpr=_SECONDS_LABEL, labelOverlap=True)


def _outcome_colour() -> alt.Color:
    scale = alt.Scale(domain=list(OUTCOMES), range=list(OUTCOMES.values()))
    return alt.Color("outcome:N", scale=scale, legend=_legend())


def _legend() -> alt.Legend:
    return alt.Legend(title=None, orient="top", symbolType="circle", offset=4, padding=0)


def _told(frame: "DataFrame", bucket: str, say: Say) -> "DataFrame":
    """Add what tooltips say of a bucket: when, the value, its interval."""
    return _spanned(_placed(frame, bucket), say)


def _placed(frame: "DataFrame", bucket: str) -> "DataFrame":
    """Say buckets as instants: where each begins, its middle and its end, and its name."""
    import polars as pl

    length = timedelta(days={"day": 1, "week": 7, "month": 30}[bucket])
    days: list[date] = frame["bucket"].to_list()
    return frame.with_columns(
        bucket=pl.Series([_iso(day) for day in days], dtype=pl.String),
        middle=pl.Series([_iso(day, length / 2) for day in days], dtype=pl.String),
        until=pl.Series([_iso(day, length) for day in days], dtype=pl.String),
        when=pl.Series([_day(day) for day in days], dtype=pl.String),
    )


def _spanned(frame: "DataFrame", say: Say) -> "DataFrame":
    import polars as pl

    def span(row: Mapping[str, Any]) -> str:
        low, high = row["low"], row["high"]
        if low is None and high is None:
            return "none"
        return f"{say(low)} or more" if high is None else f"{say(low)} to {say(high)}"

    return frame.with_columns(
        told=pl.Series([say(value) for value in frame["value"]], dtype=pl.String),
        span=pl.Series([span(row) for row in frame.iter_rows(named=True)], dtype=pl.String),
        end=pl.max_horizontal("value", "high"),
    )


def _brushed(days: tuple[date, date] | None) -> Any:  # noqa: ANN401
    if days is None:
        return alt.Undefined
    return {"x": [_instant(days[0]), _instant(days[1])]}


def _instant(day: date) -> alt.DateTime:
    return alt.DateTime(year=day.year, month=day.month, date=day.day, utc=True)


def _iso(day: date, after: timedelta = timedelta()) -> str:
    """Return an instant that a browser cannot take for its own time zone's."""
    return (datetime.combine(day, time()) + after).isoformat() + "Z"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{100 * value:.1f} %"


def _short(text: str) -> str:
    return text if len(text) <= 24 else text[:23] + "…"

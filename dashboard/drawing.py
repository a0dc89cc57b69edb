"""What every chart shares: the theme, its axes and legends, and frames made ready to be drawn."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import altair as alt

from dashboard.palette import BLUE, INK, OUTCOMES, RULE

if TYPE_CHECKING:
    from polars import DataFrame

Say = Callable[[float | None], str]
"""How a value is put into words."""

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
SECONDS_LABEL = (
    "datum.value == 0 ? '0'"
    " : datum.value < 1 ? format(datum.value * 1000, '.3~r') + ' ms'"
    " : datum.value < 60 ? format(datum.value, '.3~r') + ' s'"
    " : datum.value < 3600 ? format(datum.value / 60, '.3~r') + ' min'"
    " : format(datum.value / 3600, '.3~r') + ' h'"
)
"""Vega expression: a number of seconds on an axis, in the unit that fits."""
TIME_TITLE = "Time to fix, or until given up"
_MS, _MIN, _H, _DAY = 0.001, 60, 3_600, 86_400
_STEPS_S = (
    *(step * _MS for step in (1, 2, 5, 10, 20, 50, 100, 200, 500)),
    *(1, 2, 5, 10, 20, 30),
    *(step * _MIN for step in (1, 2, 5, 10, 20, 30)),
    *(step * _H for step in (1, 2, 4, 8, 12)),
    *(step * _DAY for step in (1, 2, 7, 30, 100)),
)
"""Durations that people name, in seconds."""

_MOST_TICKS = 7
_MARK_LINES = 3
"""Labels of new variants stand on so many lines in turn, so that neighbours do not overlap."""


def layers(*charts: alt.Chart) -> alt.LayerChart:
    """Put drawings on top of each other."""
    return alt.LayerChart(layer=list(charts))


def finish(chart: alt.LayerChart, height: int) -> alt.LayerChart:
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
        .configure(background="transparent", font=FONT, padding=2)
        .configure_view(stroke=None)
        .configure_axis(**axis)
        .configure_axisX(grid=False)
        .configure_axisY(domain=False, ticks=False)
        .configure_legend(labelColor=INK, titleColor=INK, labelFontSize=11, symbolSize=70)
    )


def days_axis(frame: "DataFrame", bucket: str) -> alt.X:
    """Return an axis of days: UTC, wherever the browser stands."""
    days: list[date] = frame["bucket"].to_list()
    first, last = min(days), max(days)
    scale = alt.Scale(type="utc")
    if first == last:
        # A single point stands in the middle, not at the edge.
        ends = instant(first - timedelta(days=1)), instant(last + timedelta(days=1))
        scale = alt.Scale(type="utc", domainMin=ends[0], domainMax=ends[1])
    return alt.X("bucket:T", title=None, axis=day_ticks(first, last, bucket), scale=scale)


def day_ticks(first: date, last: date, bucket: str = "day") -> alt.Axis:
    """Return an axis with a few days named, each once."""
    days = (last - first).days
    step = max(-(-(days + 1) // _MOST_TICKS), {"day": 1, "week": 7, "month": 30}[bucket])
    values = [instant(first + timedelta(days=at)) for at in range(0, days + 1, step)]
    layout = "%b %Y" if bucket == "month" or days > 400 else "%-d %b"
    return alt.Axis(
        format=layout, values=values, labelOverlap="greedy", labelSeparation=6, labelFlush=True
    )


def marked(marks: "DataFrame", frame: "DataFrame") -> list[alt.Chart]:
    """Return rules with a label where a variant first appears, within what is drawn."""
    days: list[date] = frame["bucket"].to_list()
    first, last = min(days), max(days)
    inside = marks.filter((marks["bucket"] >= first) & (marks["bucket"] <= last))
    if inside.is_empty():
        return []
    names: dict[date, list[str]] = {}
    for day, label in inside.select("bucket", "label").rows():
        names.setdefault(day, []).append(short(label))
    rows = [{"bucket": iso(day), "label": ", ".join(new)} for day, new in names.items()]
    rule = alt.Chart(alt.Data(values=rows)).mark_rule(color=BLUE, strokeDash=[3, 3], opacity=0.8)
    middle = iso(first + (last - first) / 2)
    labels: list[alt.Chart] = []
    for line in range(min(_MARK_LINES, len(rows))):
        part = rows[line::_MARK_LINES]
        look: Any = {"baseline": "top", "y": 2 + 13 * line, "color": BLUE, "fontSize": 11}
        # A label points to the side that has room.
        early = [row for row in part if row["bucket"] < middle]
        late = [row for row in part if row["bucket"] >= middle]
        for side, align, dx in ((early, "left", 4), (late, "right", -4)):
            if side:
                look |= {"align": align, "dx": dx}
                text = alt.Chart(alt.Data(values=side)).mark_text(**look)
                labels.append(text.encode(x="bucket:T", text="label:N"))
    return [rule.encode(x="bucket:T"), *labels]


def time_to_fix(values: Sequence[float]) -> alt.Y:
    """Return the vertical axis of fix times."""
    ends = [min(values), max(values)]
    return alt.Y(
        "seconds:Q",
        title=TIME_TITLE,
        scale=logarithmic(ends),
        axis=seconds_axis(ends),
    )


def logarithmic(ends: Sequence[float]) -> alt.Scale:
    """Return a logarithmic scale with room for at least two ticks."""
    return alt.Scale(type="log", domain=list(_widened(ends)), nice=False)


def seconds_axis(ends: Sequence[float]) -> alt.Axis:
    """Return the axis of a logarithmic scale of durations, its ticks at durations that people name."""
    low, high = _widened(ends)
    ticks = [step for step in _STEPS_S if low <= step <= high]
    every = -(-len(ticks) // _MOST_TICKS) or 1
    return alt.Axis(values=ticks[::every], labelExpr=SECONDS_LABEL, labelOverlap=True)


def linear_seconds_axis(longest: float) -> alt.Axis:
    """Return the axis of a scale of durations from zero, its ticks at durations that people name."""
    step = next((step for step in _STEPS_S if longest / step <= _MOST_TICKS - 2), longest or 1.0)
    ticks = [step * at for at in range(int(longest / step) + 2)]
    return alt.Axis(values=ticks, labelExpr=SECONDS_LABEL)


def _widened(ends: Sequence[float]) -> tuple[float, float]:
    low, high = ends
    room = max(1.25, 3 / (high / low) ** 0.5)
    return low / room, high * room


def outcome_colour() -> alt.Color:
    """Return the colours of how a bug ended."""
    scale = alt.Scale(domain=list(OUTCOMES), range=list(OUTCOMES.values()))
    return alt.Color("outcome:N", scale=scale, legend=legend())


def legend() -> alt.Legend:
    """Return a legend above the drawing."""
    return alt.Legend(title=None, orient="top", symbolType="circle", offset=4, padding=0)


def told(frame: "DataFrame", bucket: str, say: Say) -> "DataFrame":
    """Add what tooltips say of a bucket: when, the value, its interval."""
    return spanned(placed(frame, bucket), say)


def stacked(frame: "DataFrame", group: str, value: str) -> "DataFrame":
    """Put the rows of a group on top of each other: ``base`` and ``top`` of each."""
    import polars as pl

    top = pl.col(value).cum_sum().over(group)
    return frame.with_columns(top=top, base=top - pl.col(value))


def placed(frame: "DataFrame", bucket: str) -> "DataFrame":
    """Say buckets as instants: where each begins, its middle and its end, and its name."""
    import polars as pl

    length = timedelta(days={"day": 1, "week": 7, "month": 30}[bucket])
    days: list[date] = frame["bucket"].to_list()
    return frame.with_columns(
        bucket=pl.Series([iso(day) for day in days], dtype=pl.String),
        middle=pl.Series([iso(day, length / 2) for day in days], dtype=pl.String),
        until=pl.Series([iso(day, length) for day in days], dtype=pl.String),
        when=pl.Series([day_name(day) for day in days], dtype=pl.String),
    )


def spanned(frame: "DataFrame", say: Say) -> "DataFrame":
    """Put values and their intervals into words, and say where the longer of them ends."""
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


def brushed(days: tuple[date, date] | None) -> Any:  # noqa: ANN401
    """Return the value of a brush over some days, both included."""
    if days is None:
        return alt.Undefined
    return {"x": [instant(days[0]), instant(days[1])]}


def instant(day: date) -> int:
    """Return the beginning of a day, UTC, in milliseconds since 1970."""
    return int(datetime.combine(day, time(), UTC).timestamp() * 1000)


def iso(day: date, after: timedelta = timedelta()) -> str:
    """Return an instant that a browser cannot take for its own time zone's."""
    return (datetime.combine(day, time()) + after).isoformat() + "Z"


def day_name(day: date) -> str:
    """Return a day as a person writes it."""
    return f"{day.day} {day:%b %Y}"


def percent(value: float | None) -> str:
    """Return a share as per cent."""
    return "—" if value is None else f"{100 * value:.1f} %"


def short(text: str) -> str:
    """Return a label that fits."""
    return text if len(text) <= 20 else text[:19] + "…"

"""Draws any metric by any cut: over time as a line, else as bars; with the 95 % interval."""

from collections.abc import Mapping

import altair as alt
import polars as pl

from analytics.metrics.aggregates import Estimate
from analytics.metrics.catalog import Metric, Unit
from analytics.metrics.evaluate import PERIODS, Cut
from analytics.render import UNKNOWN, axis_title, number
from dashboard.drawing import days_axis, finish, layers, linear_seconds_axis, placed, spanned
from dashboard.palette import BLUE, GREEN, INK

_MOST_BARS = 40


def metric_frame(
    found: Mapping[Cut, Mapping[str, Estimate]], metric: Metric, cut: str
) -> pl.DataFrame:
    """Return one row per value of a cut for which the metric is known: value, low, high, n."""
    rows = [
        (key[0], e.value, e.low, e.high, e.n)
        for key, estimates in found.items()
        if (e := estimates[metric.name]).value is not None
    ]
    name = "bucket" if cut in PERIODS else "cut"
    schema = {
        name: pl.Date if cut in PERIODS else pl.String,
        "value": pl.Float64, "low": pl.Float64, "high": pl.Float64, "n": pl.Int64,
    }  # fmt: skip
    if cut not in PERIODS:
        rows = [(UNKNOWN if key is None else str(key), *rest) for key, *rest in rows]
    return pl.DataFrame(rows, schema=schema, orient="row")


def chart_metric(frame: pl.DataFrame, metric: Metric, cut: str) -> alt.LayerChart | None:
    """Draw a metric by a cut; None where it is known nowhere.

    Args:
        frame: ``metric_frame``.
        metric: what is drawn.
        cut: one of CUTS or PERIODS.
    """
    if frame.is_empty():
        return None
    shown = spanned(frame, lambda value: number(value, metric.unit))
    axis = alt.Axis(tickCount=5)
    if metric.unit is Unit.SHARE:
        axis = alt.Axis(format=".0%", tickCount=5)
    elif metric.unit is Unit.SECONDS:
        axis = linear_seconds_axis(float(max(shown["end"])))
    told = [
        alt.Tooltip("told:N", title=metric.title),
        alt.Tooltip("span:N", title="95 % interval"),
        alt.Tooltip("n:Q", title=metric.of_what.capitalize()),
    ]
    if cut in PERIODS:
        tips = [alt.Tooltip("when:N", title=cut.capitalize()), *told]
        base = alt.Chart(placed(shown, cut)).encode(x=days_axis(frame, cut))
        band = base.mark_area(color=GREEN, opacity=0.16).encode(y="low:Q", y2="high:Q")
        y = alt.Y("value:Q", title=axis_title(metric), axis=axis)
        line = base.mark_line(color=GREEN, strokeWidth=2).encode(y=y)
        dots = base.mark_point(color=GREEN, filled=True, size=50, opacity=1)
        return finish(layers(band, line, dots.encode(y=y, tooltip=tips)), 260)
    top = shown.sort("n", descending=True).head(_MOST_BARS).sort("value", descending=True)
    base = alt.Chart(top).encode(
        y=alt.Y("cut:N", sort=None, title=None, axis=alt.Axis(labelLimit=220)),
        tooltip=[alt.Tooltip("cut:N", title=cut), *told],
    )
    x = alt.X("value:Q", title=axis_title(metric), axis=axis)
    bars = base.mark_bar(color=BLUE, opacity=0.8, height={"band": 0.6}).encode(x=x)
    rules = base.mark_rule(color=INK, strokeWidth=1.5).encode(x="low:Q", x2="high:Q")
    return finish(layers(bars, rules), max(len(top) * 28, 90))

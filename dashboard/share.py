"""Writes the overview of a store as a page to share: asks, draws, hands both to ``analytics.export``."""

from pathlib import Path

from analytics.errors import UnknownNameError
from analytics.export.page import FIXES_SHOWN, Figure, export_page
from analytics.overview import PERIODS, Overview, Scope, overview, selection
from analytics.store import tables
from analytics.store.reader import Reader
from analytics.sync import StoreChoice
from dashboard import charts, page


def write_page(choice: StoreChoice, file: Path, period: str = "all") -> int:
    """Write the overview of a period as one HTML file and return its size in bytes.

    Raises:
        UnknownNameError: no such period.
        StoreError: the store cannot be read.
        InputError: the file cannot be written.
    """
    if period not in PERIODS:
        raise UnknownNameError("period", period, PERIODS)
    reader = Reader(choice.path)
    try:
        shown = overview(reader, Scope(period=PERIODS[period]))
        with tables.consistent(reader) as con:
            rows = selection(shown.scope, shown.window).apply(con.table("fixes"))
            fixes = tables.fixes(rows, limit=FIXES_SHOWN)
        return export_page(shown, figures(shown), fixes, file, made_at=reader.now)
    finally:
        reader.close()


def figures(shown: Overview) -> list[Figure]:
    """Return every chart of an overview as a specification."""
    series, bucket = shown.series, shown.window.bucket
    median = next(each.now.value for each in shown.first if each.card.name == "fix_time_median")
    drawn = {
        "Pass rate": charts.chart_pass_rate(series.pass_rate, series.variant_marks, bucket=bucket),
        "Time to fix, bug by bug": charts.chart_fix_times(
            series.fix_points, series.fix_medians, bucket=bucket
        ),
        "How long fixes take": charts.chart_fix_distribution(series.fix_bins, median),
        "Types of bugs": charts.chart_bug_types(series.bug_types),
        "Runs by state": charts.chart_run_states(series.run_states, bucket=bucket),
        "Time per agent": charts.chart_agents(series.agents),
    }
    if shown.comparison:
        drawn["Before and after"] = charts.chart_before_after(shown.comparison.frame())
    notes = {
        "Time to fix, bug by bug": page.bugs_note(series),
        "Time per agent": page.agents_note(series),
    }
    return [
        Figure(
            title=title,
            spec=None if chart is None else chart.to_dict(),
            note=notes.get(title, ""),
        )
        for title, chart in drawn.items()
    ]

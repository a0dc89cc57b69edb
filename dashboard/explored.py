"""What the page to explore shows: sources, estimates as a table, answers to SQL. Markup and plain frames."""

import json
from collections.abc import Mapping

import polars as pl

from analytics.export.formulas import defused
from analytics.export.tables import csv_text
from analytics.metrics.aggregates import Estimate
from analytics.metrics.catalog import Metric
from analytics.metrics.evaluate import Cut
from analytics.render import UNKNOWN, basis, count, counted, interval, moment, number, seconds
from analytics.schema import ROLLUPS, Table
from dashboard.widgets import NOTHING, Markup, join, nothing, table, tag

SECTIONS = (("sources", "Sources"), ("metric", "A metric by a cut"), ("sql", "SQL"))
"""Anchor and title of every part of the page."""

EXAMPLE = """SELECT bug_type, outcome, count(*) AS bugs, median(fix_time_s) AS median_s
FROM fixes
GROUP BY ALL
ORDER BY bugs DESC"""

_MOST_ROWS = 200
_MOST_CHARACTERS = 2_000


def sources(imports: pl.DataFrame, rejects: pl.DataFrame) -> Markup:
    """Return the imports, and the records that could not be read."""
    columns = [
        ("when", "Imported, UTC"), ("origin", "From"), ("num", "New"), ("num", "Changed"),
        ("num", "Unreadable"), ("num", "Runs"), ("num", "Took"),
    ]  # fmt: skip
    rows = [
        (
            moment(row["imported_at"]),
            join([row["origin"], tag("small", f" {row['formats'] or ''}", class_="pp-quiet")]),
            *(
                count(row[name])
                for name in ("new_count", "changed_count", "rejected_count", "runs_count")
            ),
            seconds(row["seconds"]),
        )
        for row in imports.iter_rows(named=True)
    ]
    return join([table(columns, rows, name="Imports"), _rejects(rejects)])


def _rejects(rejects: pl.DataFrame) -> Markup:
    if rejects.is_empty():
        return NOTHING
    columns = [
        ("file", "File"),
        ("num", "Line"),
        ("what", "Why it was left out"),
        ("file", "Begins"),
    ]
    rows = [
        (row["file"], row["line"], row["reason"], tag("code", row["excerpt"]))
        for row in rejects.iter_rows(named=True)
    ]
    return join([tag("h3", "Unreadable records"), table(columns, rows, name="Unreadable records")])


def estimates(found: Mapping[Cut, Mapping[str, Estimate]], metric: Metric, cut: str) -> Markup:
    """Return a metric by a cut as a table."""
    if not found:
        return nothing("No runs", "None began in this period.")
    columns = [("name", cut), ("num", metric.title), ("range", "95 % interval"), ("of", "Of")]
    rows = [
        (
            key[0],
            number(estimate.value, metric.unit),
            interval(estimate, metric.unit) or UNKNOWN,
            basis(metric, estimate),
        )
        for key, estimates in list(found.items())[:_MOST_ROWS]
        for estimate in [estimates[metric.name]]
    ]
    shown = table(columns, rows, name=metric.title)
    left_out = len(found) - len(rows)
    more = tag("p", f"and {left_out:,} more", class_="pp-quiet") if left_out > 0 else NOTHING
    return tag("div", shown, more, class_="pp-scroll")


def answer_note(rows: pl.DataFrame, *, more: bool) -> Markup:
    """Return how much of an answer is shown."""
    said = (
        f"The first {counted(len(rows), 'row')}; there are more."
        if more
        else f"{counted(len(rows), 'row')}."
    )
    return tag("p", said, class_="pp-quiet")


def answer_csv(rows: pl.DataFrame) -> str:
    """Return an answer as the text of a CSV file: whole, nested values as JSON, no formulas."""
    import duckdb

    whole = plain(rows, most_characters=None)
    with duckdb.connect() as con:
        # A column can be named by what a trace says: PIVOT makes one of every value.
        return csv_text(con.from_arrow(whole.rename(defused).to_arrow()))


def plain(rows: pl.DataFrame, most_characters: int | None = _MOST_CHARACTERS) -> pl.DataFrame:
    """Return an answer with texts, numbers, times and nothing else.

    A nested value whose text looks like markup is executed by the notebook's table: it becomes JSON.

    Args:
        rows: as they were answered.
        most_characters: of a text; a longer one is cut.
    """
    return rows.with_columns(
        pl.Series(
            name, [_text(value, most_characters) for value in rows[name].to_list()], dtype=pl.String
        )
        for name, dtype in rows.schema.items()
        if not (dtype.is_numeric() or dtype.is_temporal() or dtype == pl.Boolean)
    )


def columns() -> Markup:
    """Return what can be asked for."""
    return tag("div", *map(_columns, ROLLUPS))


def _columns(asked: Table) -> Markup:
    told = (tag("div", tag("dt", tag("code", f.name)), tag("dd", f.doc)) for f in asked.fields)
    head = tag("summary", tag("b", asked.name), f" {asked.row}")
    return tag("details", head, tag("dl", *told, class_="pp-fields"), class_="pp-columns")


def _text(value: object, most: int | None) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return text if most is None or len(text) <= most else text[:most] + "…"

"""What every exported table and column means: taken from ``analytics.schema``, views completed here."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analytics.schema import ROLLUPS, STORED, TABLES
from analytics.store import lake

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

ROLLUP_PREFIX = "rollup_"
"""Of the file of a rollup: the view over it, which says more, has its plain name."""

IN_CSV_TEXT = "defused text: drop one leading apostrophe, if there is one"
IN_CSV_TIME = "UTC"
IN_CSV_LIST = "JSON"

_DERIVED = {
    "state": "finished, running, or abandoned: no end, and no sign of life within the stale limit.",
    "outcome": "How it turned out. A run: pass, fail or unknown. A bug: fixed, open or given up.",
    "day": "Day on which the run began, UTC.",
    "unit_id": "The task, else the run: what repeats of one task have in common.",
    "is_running": "Whether the run was in progress when this was exported.",
    "is_finished": "Whether the run ended.",
    "is_abandoned": "Whether the run fell silent without an end.",
    "is_known": "Whether the run is over and its outcome is known.",
    "passed": "Whether the run passed.",
    "is_unknown": "Whether the run is over and nothing says how it turned out.",
    "failed_by_infra": "Whether the run failed for a reason outside the agent.",
    "claim_checked": "Whether the agent claimed success and something checked it.",
    "claim_refuted": "Whether the check said otherwise.",
    "had_errors": "Whether a step of the run raised.",
    "recovered": "Whether a step raised and the run still ended without an error.",
    "tokens": "Tokens sent and received.",
    "outcome_checked": "pass or fail, as the checks within the trace say.",
    "outcome_reported": "pass or fail, as the best of the reports says.",
    "reported_by": "Kind of that report: merge, ci, tests or list.",
    "failed": "Whether the run is over and failed.",
    "is_verified": "Whether the run is over and a check or a report says how it turned out.",
    "verified_pass": "Whether it says that the run passed.",
    "is_over": "Whether the run is no longer in progress.",
    "whole_cost_usd": "Its cost, where none of its tokens is unpriced.",
    "solved_count": "1 where the run passed, 0 where it failed.",
    "over_errors_count": "Its steps that raised, where it is over.",
    "tells_first_time": "Whether anything says that its first attempt held, or did not.",
    "was_first_time_right": "Whether its first attempt held.",
    "pipelines_judged": "Pipelines that passed or failed.",
    "uncached_tokens": "Tokens sent that were neither read from a cache nor written to one.",
    "computed_less_reported_usd": "Computed less reported cost, over the calls that have both.",
    "judged_count": "Calls of which it is recorded whether they failed.",
    "began_at": "When it began.",
    "runs_count": "Runs of the series that are stored.",
    "processed_count": "Of those, over.",
    "passed_count": "Of those, passed.",
    "failed_count": "Of those, failed.",
    "is_fixed": "Whether the bug was fixed.",
    "is_closed": "Whether its run is over.",
    "first_try": "Whether the first patch fixed it.",
    "fix_time_s": "Seconds from found to fixed; unknown where it was not fixed.",
    "observed_s": "Seconds from found to fixed, else to the last sign of life of its run.",
}
"""Columns that a view adds to what is stored."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of one exported table."""

    table: str
    row: str
    """What one row of the table is."""
    column: str
    type: str
    """DuckDB's."""
    meaning: str
    in_csv: str
    """How a CSV file says it where that needs saying."""


@dataclass(frozen=True, kw_only=True)
class Exportable:
    """One table, rollup or view with its rows."""

    name: str
    row: str
    rows: "DuckDBPyRelation"
    is_stored: bool = False
    """Whether imports write it: then it only grows, as a rule."""

    def columns(self) -> tuple[Column, ...]:
        """Return its columns with their meaning, in order."""
        return tuple(
            Column(
                table=self.name,
                row=self.row,
                column=name,
                type=str(kind),
                meaning=_meaning(self.name, name),
                in_csv=_in_csv(str(kind)),
            )
            for name, kind in zip(self.rows.columns, self.rows.types, strict=True)
        )


def exportables(con: "DuckDBPyConnection") -> Iterator[Exportable]:
    """Yield everything that can be exported: stored tables, rollups, views.

    Args:
        con: a connection with the store attached and the views made, as a ``Reader`` gives.
    """
    for table in STORED:
        rows = con.table(f"lake.main.{table.name}")
        yield Exportable(name=table.name, row=table.row, rows=rows, is_stored=True)
    for table in ROLLUPS:
        name = f"{ROLLUP_PREFIX}{table.name}"
        row = f"{table.row} As stored, without what the time of reading decides."
        yield Exportable(name=name, row=row, rows=con.table(f"lake.main.{table.name}"))
    for table in ROLLUPS:
        first_line = lake.statement("views", table.name).splitlines()[0]
        yield Exportable(
            name=table.name, row=first_line.removeprefix("-- "), rows=con.table(table.name)
        )


def _meaning(table: str, column: str) -> str:
    """Return what a column means: in its own table, else as a view adds it, else as runs have it."""
    own = TABLES[table.removeprefix(ROLLUP_PREFIX)]
    stored = [field for each in (own, TABLES["runs"]) for field in each.fields]
    if column in own.columns or column not in _DERIVED:
        return next(field.doc for field in stored if field.name == column)
    return _DERIVED[column]


def _in_csv(kind: str) -> str:
    if kind.endswith("[]"):
        return IN_CSV_LIST
    return {"VARCHAR": IN_CSV_TEXT, "TIMESTAMP": IN_CSV_TIME}.get(kind, "")

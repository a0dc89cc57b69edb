"""Logs of AgenticSys, both generations: run and issue reports as JSON, and its seven tables as CSV.

Its run is a series of issues, our batch; its issue is our run. What several files say of one thing
becomes one span: a report replaces what was written on the way, a row of a table replaces both.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from analytics.sources import SourceFormat, Staged
from analytics.sources.agenticsys import report, table
from analytics.sources.agenticsys.log import Log
from analytics.sources.outline import header, outline
from analytics.sources.rows import CallWriter

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SOURCE = "agenticsys"
GIVEN = frozenset({"outcome", "time", "tokens", "cost", "tools"})


def recognise_json(head: bytes, path: Path) -> str | None:
    """Say why this is a report of a run or an issue; None where it is not."""
    del path
    if b'"run_id"' not in head:
        return None
    for steps, keys in outline(head):
        if not steps and (what := report.kind(keys)):
            return f"it is what AgenticSys writes of {what}"
    return None


def recognise_csv(head: bytes, path: Path) -> str | None:
    """Say why this is one of the seven tables; None where it is not."""
    del path
    name = table.kind(header(head))
    return f"its first line is that of AgenticSys' table {name}" if name else None


def stage_json(con: "DuckDBPyConnection", path: Path, folder: Path) -> Staged:
    """Write what one or several reports say as Parquet of ``schema.CALLS``."""
    with CallWriter(con, SOURCE, folder, path.name) as out:
        log = Log(out, path)
        report.read(path, log)
        log.write()
    return out.staged(JSON.name)


def stage_csv(con: "DuckDBPyConnection", path: Path, folder: Path) -> Staged:
    """Write the rows of one table as Parquet of ``schema.CALLS``."""
    with CallWriter(con, SOURCE, folder, path.name) as out:
        log = Log(out, path)
        table.read(path, log)
        log.write()
    return out.staged(CSV.name)


JSON = SourceFormat(
    name="agenticsys-json",
    title="AgenticSys run or issue report, JSON",
    recognise=recognise_json,
    stage=stage_json,
    gives=GIVEN,
)
CSV = SourceFormat(
    name="agenticsys-csv",
    title="AgenticSys table, CSV",
    recognise=recognise_csv,
    stage=stage_csv,
    gives=GIVEN,
)

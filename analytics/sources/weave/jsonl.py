"""Weave calls as JSONL: the export of the server, of the UI and of ``sync``, one call a line."""

from pathlib import Path
from typing import TYPE_CHECKING

from analytics.sources import Reject, SourceFormat, Staged
from analytics.sources.weave import calls, careful

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_TELLING = (b'"op_name"', b'"trace_id"')


def recognise(head: bytes, path: Path) -> str | None:
    """Say why this is a JSONL of Weave calls; None where it is not."""
    del path
    # As bytes: lines of a text end at characters, too, that a value in JSON may hold.
    for line in head.removeprefix(b"\xef\xbb\xbf").lstrip().splitlines()[:20]:
        if line.lstrip().startswith(b"{") and all(key in line for key in _TELLING):
            return "a line is a JSON object with op_name and trace_id"
    return None


def stage(con: "DuckDBPyConnection", path: Path, folder: Path) -> Staged:
    """Write the calls of one JSONL file as Parquet of ``schema.CALLS``."""
    target = folder / "calls.parquet"
    rejects: list[Reject] = []
    notes: list[str] = []
    try:
        calls.write_checked(con, calls.read(con, path), target)
    except calls.UnreadableError:
        rejects, notes = careful.stage(con, careful.numbered_lines(path), target, path.name)
    notes += calls.notes_on(con, target, calls.first_keys(path))
    return Staged(format=FORMAT.name, files=(target,), rejects=tuple(rejects), notes=tuple(notes))


FORMAT = SourceFormat(
    name="weave-jsonl",
    title="Weave calls, one JSON object a line",
    recognise=recognise,
    stage=stage,
    gives=frozenset({"outcome", "time", "tokens", "cost", "tools"}),
)

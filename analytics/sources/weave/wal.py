"""The log that Weave's SDK writes before it sends: calls in two halves, in any order.

A call that was begun and never ended is running: that is how a killed run is still seen here.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.sources import Reject, SourceFormat, Staged
from analytics.sources.weave import calls, careful

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_RECORD = re.compile(
    rb'^\s*\{\s*"type"\s*:\s*"(?:call_start|call_end|obj_create|table_create|file_create)"\s*,'
    rb'\s*"req"\s*:'
)


def recognise(head: bytes, path: Path) -> str | None:
    """Say why this is a log of the SDK; None where it is not."""
    del path
    if any(_RECORD.match(line) for line in head.splitlines()[:20]):
        return "a line is a JSON object with type and req, as Weave's SDK logs them"
    return None


def stage(con: "DuckDBPyConnection", path: Path, folder: Path) -> Staged:
    """Write the calls of one log as Parquet of ``schema.CALLS``."""
    target = folder / "calls.parquet"
    records = careful.numbered_lines(path)
    with careful.clean_copy(con, records, target, path.name) as (sound, rejects, notes):
        log = con.read_json(
            str(sound),
            columns={"type": "VARCHAR", "req": "JSON", calls.LINE: "BIGINT"},
            format="newline_delimited",
            maximum_object_size=calls.MAX_RECORD_BYTES,
        )
        rejects += [
            Reject(
                file=path.name,
                line=line,
                reason="the end of a call whose beginning is not in this file",
                excerpt=calls.excerpt_of(excerpt),
            )
            for line, excerpt in log.query("log", calls.statement("wal_strays.sql")).fetchall()
        ]
        raw = log.query("log", calls.statement("wal.sql"))
        rejects += calls.write_sound(con, raw, target, path.name)
    return Staged(
        format=FORMAT.name,
        files=(target,),
        rejects=tuple(careful.by_position(rejects)),
        notes=tuple(notes),
    )


FORMAT = SourceFormat(
    name="weave-wal",
    title="Weave's write-ahead log of an SDK",
    recognise=recognise,
    stage=stage,
    gives=frozenset({"outcome", "time", "tokens", "cost", "tools"}),
)

"""What PatchPilot (later QAgent) keeps besides its traces: its Redis store and its run metrics.

Runs become runs, with their tests and patches below. Metrics of a period are no runs, but what a
series of runs says of itself: a batch. Documents of the failure memory and entries of the activity log
name no run, so they stand by themselves and count as none.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.sources import SourceFormat, Staged
from analytics.sources.outline import outline
from analytics.sources.patchpilot_store import dump
from analytics.sources.patchpilot_store.log import Log
from analytics.sources.rows import CallWriter

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_KEYED = re.compile(rb'"key"\s*:\s*"(?:runs:data:|failure:|metrics:[^"]+:(?:day|week|month):)')
_AGENT = re.compile(rb'"agent"\s*:\s*"(?:tester|triage|fixer|verifier)"')


def recognise(head: bytes, path: Path) -> str | None:
    """Say why this is of PatchPilot's store; None where it is not."""
    del path
    for steps, keys in outline(head):
        keyed = {"key", "value"} <= keys and _KEYED.search(head)
        if not steps and (keyed or any(map(dump.REDIS_KEY.match, keys))):
            return "it maps the keys of PatchPilot's Redis store to what they hold"
        if len(steps) > 1 or (steps and steps[0] not in dump.LISTS):
            continue
        what = dump.kind(keys)
        if what and (what not in dump.LOOSE or _AGENT.search(head)):
            return f"it holds {what} of PatchPilot"
    return None


def stage(con: "DuckDBPyConnection", path: Path, folder: Path) -> Staged:
    """Write what one file holds as Parquet of ``schema.CALLS``."""
    with CallWriter(con, "patchpilot", folder, path.name) as out:
        log = Log(out, path)
        dump.read(path, log)
        log.finish()
    return out.staged(FORMAT.name)


FORMAT = SourceFormat(
    name="patchpilot-runs",
    title="PatchPilot or QAgent run store, run metrics, failures, activity, JSON",
    recognise=recognise,
    stage=stage,
    gives=frozenset({"outcome", "time", "tokens"}),
)

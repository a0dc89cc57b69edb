"""Traces pulled from a Weave server: what is new since the last time."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.semantics import Preset
from analytics.sync.work import Progress, SyncReport, working

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from analytics.sources.weave_api import Known


def sync_weave(
    store: Path,
    project: str,
    *,
    presets: Sequence[Preset] = (),
    overlap: timedelta = timedelta(hours=24),
    progress: Progress | None = None,
) -> SyncReport:
    """Pull what is new in one Weave project, by the address and key of the environment.

    Raises:
        RemoteError: the server cannot be reached or refuses; nothing is stored.
    """
    from analytics.sources import weave_api

    with working(store, progress) as work:
        remote = weave_api.Remote.from_environment(project)
        since = _watermark(work.con, remote.origin)
        target = work.folder / "pulled.jsonl"
        pulled = weave_api.pull(
            remote,
            target,
            since=since,
            open_ids=_open_ids(work.con, project),
            # Before the first pull, what the store holds came from files: the server may have let
            # go of it long ago, and it stays.
            known=None if since is None else _known(work.con, project),
            overlap=overlap,
            progress=lambda count, total: work.tell("pulling", count, total),
        )
        work.stage_file(target, "weave-jsonl", name=remote.origin, reason="a Weave server answered")
        return work.commit(
            origin=remote.origin,
            presets=presets,
            deleted_ids=pulled.deleted_ids,
            watermark_at=pulled.watermark_at,
        )


def _watermark(con: "DuckDBPyConnection", origin: str) -> datetime | None:
    row = con.execute(
        "SELECT watermark_at FROM lake.sync_state WHERE origin = $1", [origin]
    ).fetchone()
    return row[0] if row else None


def _open_ids(con: "DuckDBPyConnection", project: str) -> list[str]:
    found = con.execute(
        "SELECT span_id FROM lake.spans "
        "WHERE source = 'weave' AND project = $1 AND ended_at IS NULL",
        [project],
    ).fetchall()
    return [span_id for (span_id,) in found]


def _known(con: "DuckDBPyConnection", project: str) -> "Known":
    from analytics.sources.weave_api import Known

    counts = con.execute(
        "SELECT started_at::DATE, count(*) FROM lake.spans "
        "WHERE source = 'weave' AND project = $1 GROUP BY ALL",
        [project],
    ).fetchall()

    def ids(day: date) -> list[str]:
        found = con.execute(
            "SELECT span_id FROM lake.spans "
            "WHERE source = 'weave' AND project = $1 AND started_at::DATE = $2",
            [project, day],
        ).fetchall()
        return [span_id for (span_id,) in found]

    return Known(counts=dict(counts), ids=ids)

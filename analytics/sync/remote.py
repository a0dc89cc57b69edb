"""Traces pulled from a Weave server: what is new since the last time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from analytics.semantics import Preset
from analytics.store import lake
from analytics.store.location import Store
from analytics.sync.work import TAILED, Progress, SyncReport, working

if TYPE_CHECKING:
    from analytics.sources.weave_api import Known
    from analytics.sources.weave_api.remote import Remote


def sync_weave(
    store: Store,
    project: str,
    *,
    presets: Sequence[Preset] = (),
    overlap: timedelta = timedelta(hours=24),
    progress: Progress | None = None,
) -> SyncReport:
    """Pull what is new in one Weave project, by the address and key of the environment.

    Nobody waits for the network: the store is taken for writing once everything has come.

    Raises:
        RemoteError: the server cannot be reached or refuses; nothing is stored.
    """
    from analytics.sources.weave_api import pull
    from analytics.sources.weave_api.remote import Remote

    remote = Remote.from_environment(project)
    with TemporaryDirectory(prefix="patchpilot-pull-") as folder:
        target = Path(folder) / "pulled.jsonl"
        with _so_far(store, remote) as (since, open_ids, known):
            pulled = pull(
                remote,
                target,
                since=since,
                open_ids=open_ids,
                known=known,
                overlap=overlap,
                progress=lambda count, total: progress and progress("pulling", count, total),
            )
        with working(store, progress) as work:
            work.stage_file(target, TAILED, name=remote.origin, reason="a Weave server answered")
            return work.commit(
                origin=remote.origin,
                presets=presets,
                deleted_ids=pulled.deleted_ids,
                watermark_at=pulled.watermark_at,
            )


@contextmanager
def _so_far(
    store: Store, remote: "Remote"
) -> "Iterator[tuple[datetime | None, list[str], Known | None]]":
    """Tell where the last pull ended, which calls were running, and what is known of the project."""
    from analytics.sources.weave_api import Known

    if not lake.exists(store):
        yield None, [], None
        return
    with lake.opened(store) as con:
        since = con.execute(
            "SELECT watermark_at FROM lake.sync_state WHERE origin = $1", [remote.origin]
        ).fetchone()
        running = con.execute(
            "SELECT span_id FROM lake.spans "
            "WHERE source = 'weave' AND project = $1 AND ended_at IS NULL",
            [remote.project],
        ).fetchall()
        counts = con.execute(
            "SELECT started_at::DATE, count(*) FROM lake.spans "
            "WHERE source = 'weave' AND project = $1 GROUP BY ALL",
            [remote.project],
        ).fetchall()

        def ids(day: date) -> list[str]:
            found = con.execute(
                "SELECT span_id FROM lake.spans "
                "WHERE source = 'weave' AND project = $1 AND started_at::DATE = $2",
                [remote.project, day],
            ).fetchall()
            return [span_id for (span_id,) in found]

        known = Known(counts=dict(counts), ids=ids)
        yield since[0] if since else None, [i for (i,) in running], known if since else None

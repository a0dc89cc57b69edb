"""What an import changed: the store before and after it, held against each other by one clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isclose
from typing import TYPE_CHECKING, Any

from analytics.errors import InputError
from analytics.ledger.difference import (
    Difference,
    Flip,
    Flips,
    Relabelling,
    VerdictNews,
    difference,
    verdict_news,
)
from analytics.metrics.aggregates import Estimate
from analytics.metrics.catalog import CATALOG, Metric
from analytics.metrics.evaluate import measure
from analytics.store import consistency, lake
from analytics.store.location import Store
from analytics.store.past import SnapshotGoneError, as_of, imported, revised, run_states, verdicts

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from polars import DataFrame

__all__ = [
    "Changes",
    "Compared",
    "Difference",
    "Flip",
    "Flips",
    "Import",
    "Moved",
    "Relabelling",
    "Revised",
    "VerdictNews",
    "changes",
    "compared",
]

_PATIENCE_S = 10.0
"""For how long a writer is waited for, where two states could not be read beside it."""


@dataclass(frozen=True, kw_only=True)
class Import:
    """One import, as the store remembers it."""

    import_id: int
    imported_at: datetime
    """UTC, without a zone."""
    origin: str
    formats: str
    new: int | None
    changed: int | None
    unchanged: int | None
    rejected: int | None
    """Records; None where it brought none of calls or verdicts, but something else."""


@dataclass(frozen=True, kw_only=True)
class Revised:
    """How many records of one kind had one field changed."""

    kind: str
    """calls or verdicts."""
    field: str
    records: int


@dataclass(frozen=True, kw_only=True)
class Moved:
    """One metric whose value changed."""

    metric: Metric
    before: Estimate
    after: Estimate

    @property
    def difference(self) -> float | None:
        """After less before, in the metric's unit; None where one of them is unknown."""
        if self.before.value is None or self.after.value is None:
            return None
        return self.after.value - self.before.value


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Two states of a store held against each other."""

    runs: Difference
    verdicts: tuple[VerdictNews, ...]
    moved: tuple[Moved, ...]
    """Every metric of the catalog whose value is another, in the catalog's order."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What one import changed."""

    imported: Import
    revised: tuple[Revised, ...]
    compared: Compared | None
    """None where one of the states is gone."""
    gone: str
    """Why they cannot be compared, empty where they were."""


@dataclass(frozen=True, kw_only=True)
class _State:
    runs: "DataFrame"
    verdicts: "DataFrame"
    metrics: dict[str, Estimate]


def changes(store: Store, import_id: int | None = None, *, now: datetime) -> Changes | None:
    """Return what an import changed.

    Args:
        store: where it stands.
        import_id: which import; the newest where None.
        now: the clock by which both states are read, UTC without a zone.

    Returns:
        None where nothing has been imported yet.

    Raises:
        InputError: the store has no such import.
        StoreError: there is no store, or it cannot be read.
    """
    row, fields = _on_record(store, import_id)
    if row is None:
        return None
    found, gone = None, ""
    if row["snapshot_before"] is None:
        gone = "this store has no state from before the import: it is a copy, or older than states are."
    else:
        try:
            # An import is one commit: the next state is what it left behind.
            found = compared(store, row["snapshot_before"], row["snapshot_before"] + 1, now=now)
        except SnapshotGoneError as fault:
            gone = str(fault)
    return Changes(
        imported=Import(
            import_id=row["import_id"],
            imported_at=row["imported_at"],
            origin=row["origin"],
            formats=row["formats"] or "",
            new=row["new_count"],
            changed=row["changed_count"],
            unchanged=row["unchanged_count"],
            rejected=row["rejected_count"],
        ),
        revised=fields,
        compared=found,
        gone=gone,
    )


@consistency.again
def _on_record(
    store: Store, import_id: int | None
) -> tuple[Mapping[str, Any] | None, tuple[Revised, ...]]:
    """Return what stands on record of an import; None where nothing has been imported yet."""
    with lake.opened(store) as con, consistency.unchanged(con):
        row = imported(con, import_id)
        newest = imported(con, None)
        if newest is None:
            return None, ()
        if row is None:
            raise InputError(
                f"there is no import {import_id} in the store in {store}. "
                f"Valid: 1 to {newest['import_id']}."
            )
        return row, tuple(
            Revised(**each) for each in revised(con, row["import_id"]).iter_rows(named=True)
        )


def compared(store: Store, before: int, after: int, *, now: datetime) -> Compared:
    """Hold two states of a store against each other.

    Args:
        store: where it stands.
        before: number of the earlier commit.
        after: number of the later one.
        now: the clock by which both are read, UTC without a zone.

    Raises:
        SnapshotGoneError: one of the states can no longer be looked at.
        OvertakenError: the store is written to all the time, and writers do not let others in.
    """
    try:
        return _compared(store, before, after, now)
    except consistency.OvertakenError:
        with consistency.still(store, within_s=_PATIENCE_S) as is_kept:
            if not is_kept:
                raise
            return _compared(store, before, after, now)


@consistency.again
def _compared(store: Store, before: int, after: int, now: datetime) -> Compared:
    with as_of(store, before, now) as con:
        old = _state(con)
    with as_of(store, after, now) as con:
        new = _state(con)
    return Compared(
        runs=difference(old.runs, new.runs),
        verdicts=verdict_news(old.verdicts, new.verdicts),
        moved=tuple(
            Moved(metric=metric, before=old.metrics[metric.name], after=new.metrics[metric.name])
            for metric in CATALOG
            if not _same(old.metrics[metric.name].value, new.metrics[metric.name].value)
        ),
    )


def _same(one: float | None, other: float | None) -> bool:
    """Say whether a value stayed; sums of floating point leave dust, which is no change."""
    if one is None or other is None:
        return one is other
    return isclose(one, other, rel_tol=1e-9)


def _state(con: "DuckDBPyConnection") -> _State:
    return _State(runs=run_states(con), verdicts=verdicts(con), metrics=measure(con, CATALOG))

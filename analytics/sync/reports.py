"""Verified outcomes from a second place: reads reports, writes their verdicts, tells what flipped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from analytics import ledger
from analytics.errors import InputError, StoreError
from analytics.ledger import Compared
from analytics.render import counted
from analytics.sources import Reject
from analytics.store import catalog_file, compaction, lake
from analytics.store import verdicts as store_verdicts
from analytics.store.location import Store
from analytics.store.verdicts import Reported, Verified
from analytics.sync.own import own
from analytics.sync.work import FileReport
from analytics.verdicts import Report
from analytics.verdicts.matching import By

if TYPE_CHECKING:
    from analytics.sources.inputs import Input


@dataclass(frozen=True, kw_only=True)
class VerifyReport:
    """What one verification did."""

    verified: Verified
    files: tuple[FileReport, ...]
    notes: tuple[str, ...]
    compared: Compared | None
    """The store before and after; None where it is as it was."""


def verify(
    store: Store, paths: Sequence[str], *, by: By | None = None, passed: bool = True
) -> VerifyReport:
    """Read reports and write what they say of the runs that are stored, in one transaction.

    Args:
        store: where it stands.
        paths: files, folders and globs.
        by: what ids name; None: a run where there is one of that id, else a task.
        passed: what being in a plain list of ids means.

    Raises:
        InputError: an input that cannot be used; nothing is stored.
        StoreError: there is no store, or it cannot be written; it is as it was.
    """
    from analytics.sources.inputs import find
    from analytics.verdicts.reading import ENDINGS

    began = perf_counter()
    if "-" in paths:
        raise InputError(
            "a report from standard input has no name by which a newer one could replace it. "
            "Nothing was read; save it to a file first."
        )
    if not lake.exists(store):
        raise StoreError(f"there is no store in {store}. Import something: patchpilot import PATH.")
    found = find(paths, endings=ENDINGS, kind="report", is_own=own(store))
    now = datetime.now(UTC).replace(tzinfo=None)
    with (
        lake.writer(store) as con,
        lake.scratch(store) as folder,
    ):
        reports: list[Report] = []
        rejects: list[Reject] = []
        for item in found:
            try:
                reports.append(_read(item, folder, passed=passed))
            except InputError as fault:
                if len(found) == 1:
                    raise
                rejects.append(Reject(file=item.name, line=None, reason=str(fault)))
        reported = Reported(
            asked=" ".join(paths), reports=reports, rejects=rejects, by=by, now=now, began=began
        )
        verified = store_verdicts.write(con, reported)
        tidied = verified.import_id is not None and compaction.tidy(con, store)
    if verified.import_id is not None:
        catalog_file.keep_copy(store, afresh=tidied)
    before = verified.snapshot_before
    return VerifyReport(
        verified=verified,
        files=tuple(
            FileReport(name=each.name, format=each.format, reason=_reason(each)) for each in reports
        ),
        notes=(
            *(f"{each.name}: {note}" for each in reports for note in each.notes),
            *verified.notes,
        ),
        compared=(
            None
            if verified.import_id is None
            else ledger.compared(store, before, before + 1, now=now)
        ),
    )


def _read(item: "Input", folder: Path, *, passed: bool) -> Report:
    from analytics.sources.inputs import open_plain
    from analytics.verdicts.reading import read

    assert item.path is not None
    plain = open_plain(item, folder)
    return read(plain, name=item.name, origin=str(item.path.resolve()), passed=passed)


def _reason(report: Report) -> str:
    return counted(len(report.sayings), "verdict")

"""Everything that can be wrong with a store, declared once: how it is found, what is said, how it is mended.

A check tells of what it finds in one sentence each. Checks stand in the order in which they can look: where
one that ``stops`` has found something, those after it would only repeat it.
"""

import fcntl
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from analytics.errors import StoreError, first_line
from analytics.schema import CLOCK_TOLERANCE, SCHEMA_VERSION, TABLES
from analytics.store import (
    access,
    beginnings,
    catalog_file,
    consistency,
    damage,
    interrupts,
    lake,
    prepared,
    refresh,
    repairs,
)
from analytics.store.examination import Check, Fault, Patient
from analytics.store.location import COPIES, FILES, LOCK, TMP, Location, Store

SPACE_FLOOR_BYTES = 100_000_000
"""An import of 100,000 calls writes about 33 MB, and as much again for what it stages."""

FUTURE = timedelta(days=1)
"""A span may carry another zone's time by mistake; a day ahead is no zone."""

SAMPLE_TRACES = 50
"""Traces whose rollups are worked out again where not all are asked for."""


def examine(store: Store, *, now: datetime, deep: bool = False) -> Iterator[Fault]:
    """Yield every fault of a store, the one to begin with first.

    Args:
        store: where it stands.
        now: the clock, UTC without a zone.
        deep: read every file, and work out the rollups of every trace again, not of some.
    """
    import duckdb

    patient = Patient(store, now, deep)
    try:
        for check in CHECKS:
            if check.of_folder and Location.of(store).folder is None:
                continue
            interrupts.check()
            try:
                found = _found(check, patient)
            except (duckdb.Error, sqlite3.Error, OSError) as error:
                if interrupts.is_one(error):
                    raise
                # A file that is damaged inside says neither its name nor its table.
                found = _found(_WITHIN, patient) if patient.is_open and not deep else []
                found = found or [
                    Fault(
                        check=check.name,
                        sentence=f"{check.looks_at} cannot be looked at: {first_line(error)}.",
                    )
                ]
            yield from found
            if found and check.stops:
                return
    finally:
        patient.close()


@consistency.again
def _found(check: Check, patient: Patient) -> list[Fault]:
    """Return what a check finds in a store that nobody writes to meanwhile."""
    with consistency.unchanged(patient.con) if patient.is_open else nullcontext():
        return list(check.find(patient))


def writing_process(store: Path) -> str | None:
    """Return the process that is writing to a store, None where none is."""
    try:
        lock = (store / LOCK).open("r")
    except OSError:
        return None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return lock.read().strip() or "unknown"
    return None


def _space(patient: Patient) -> Iterator[Fault]:
    free = shutil.disk_usage(patient.folder).free
    if free < SPACE_FLOOR_BYTES:
        yield Fault(
            check="space",
            sentence=f"the disk of {patient.folder} has {free / 1e6:,.1f} MB left, less than the "
            f"{SPACE_FLOOR_BYTES / 1e6:,.0f} MB that an import may need: make room, or prune old runs "
            "(patchpilot prune). An import that does not fit leaves the store as it is.",
        )


def _catalog(patient: Patient) -> Iterator[Fault]:
    if patient.catalog.exists():
        reason = catalog_file.fault(patient.catalog)
        if reason is None:
            patient.listed = catalog_file.listed(patient.catalog)
            return
        said = f"the catalog {patient.catalog} is damaged ({reason})"
    else:
        said = f"the catalog {patient.catalog} is gone, and the files that it listed are there"
    usable = repairs.sound_copy(patient.folder)
    if usable is None:
        advice = (
            "no copy of it is left: restore a backup into another folder (patchpilot restore FILE), or "
            "move this one away and import the traces again."
        )
        yield Fault(check="catalog", sentence=f"{said}, so that nothing can be read; {advice}")
    else:
        made = catalog_file.copied_at(usable)
        yield Fault(
            check="catalog",
            sentence=f"{said}, so that nothing can be read; --fix takes the copy of "
            f"{made:%Y-%m-%d %H:%M:%S} UTC, and what was imported since has to be imported again.",
            mend=partial(repairs.take_copy, patient.folder),
        )


def _layout(patient: Patient) -> Iterator[Fault]:
    try:
        patient.open()
        return
    except StoreError as fault:
        reason = str(fault)
    try:
        outdated = lake.is_outdated(patient.store)
    except StoreError:
        outdated = False
    if not outdated:
        yield Fault(check="layout", sentence=reason)
    else:
        yield Fault(
            check="layout",
            sentence=f"an earlier version wrote the store in {patient.store}; --fix brings it up to layout "
            f"{SCHEMA_VERSION}, as does any import; nothing is lost.",
            mend=partial(repairs.bring_up, patient.store),
        )


def _columns(patient: Patient) -> Iterator[Fault]:
    there = lake.columns(patient.con)
    for name, table in TABLES.items():
        missing = [column for column in table.columns if column not in there.get(name, ())]
        if missing:
            what = f"columns {', '.join(missing)}" if name in there else "anything at all"
            yield Fault(
                check="columns",
                sentence=f"table {name} has not {what} although the store says layout {SCHEMA_VERSION}: a "
                "version that was never released wrote it; --fix adds what is missing.",
                mend=partial(repairs.bring_up, patient.store),
            )
            return  # All tables are mended at once.


def _files(patient: Patient) -> Iterator[Fault]:
    yield from _wrong_files(patient, within=patient.deep)


def _wrong_files(patient: Patient, *, within: bool) -> Iterator[Fault]:
    """Name one file of each table that is not what the catalog says: the first, and how many more."""
    is_folder = patient.location.folder is not None
    if not is_folder:
        patient.listed = damage.listed(patient.con)
    current = [each for each in patient.listed if each.is_current]
    found = list(damage.find(patient.location, current, patient.con, within=within))
    out_of_reach = [each for each in found if not each.is_lost]
    for table in dict.fromkeys(each.file.table for each in out_of_reach or found):
        bad = [each for each in out_of_reach or found if each.file.table == table]
        rows = sum(each.file.rows for each in bad if not each.file.deletes)
        of = sum(each.table == table for each in current)
        said = f"{len(bad)} of {of} files of table {table} ({rows:,} rows): {bad[0].file.path} {bad[0].why}"
        can, what = repairs.outlook(table, [each.file for each in bad])
        if out_of_reach:
            can, what = False, repairs.OUT_OF_REACH
        elif not is_folder:
            can, what = False, repairs.outlook_of_team(table, patient.location)
        yield Fault(
            check="files",
            sentence=f"{said}; {what}.",
            mend=partial(repairs.strike_out, patient.folder, within=within) if can else None,
        )


def _leftovers(patient: Patient) -> Iterator[Fault]:
    writer = writing_process(patient.folder)
    if writer is not None:
        return  # What it is writing looks like what a killed one left.
    found = [*(patient.folder / TMP).glob("*"), *(patient.folder / COPIES).glob("*.draft")]
    known = {each.path for each in patient.listed} | repairs.scheduled(patient.con)
    files = patient.folder / FILES
    orphans = [
        path for path in files.rglob("*.parquet") if str(path.relative_to(files)) not in known
    ]
    if found or orphans:
        size = sum(path.stat().st_size for path in (*found, *orphans) if path.is_file())
        count = len(found) + len(orphans)
        yield Fault(
            check="leftovers",
            sentence=f"an import that was cut off left {count} {'file' if count == 1 else 'files'} "
            f"({size / 1e6:,.1f} MB) that no table needs; --fix removes them, as does the next import.",
            mend=partial(repairs.clear_leftovers, patient.folder),
        )


def _parted(patient: Patient) -> Iterator[Fault]:
    found = patient.con.execute(lake.statement("queries", "parted")).fetchone()
    assert found is not None
    strays, bare = found
    if strays:
        yield Fault(
            check="parted",
            sentence=f"{strays:,} payloads, facts or notes belong to calls that are gone; --fix moves them "
            "aside. Importing the same traces again brings the calls back.",
            mend=partial(repairs.part, patient.folder),
        )
    if bare:
        yield Fault(
            check="parted",
            sentence=f"{bare:,} calls have lost what they carried (inputs, output, attributes); their "
            "numbers stand. --fix lets importing the same traces again bring it back.",
            mend=partial(repairs.part, patient.folder),
        )


def _rules(patient: Patient) -> Iterator[Fault]:
    con = patient.con
    if con.execute("SELECT 1 FROM lake.spans LIMIT 1").fetchone() is None:
        return
    if lake.setting(con, "rules") != refresh.rules(lake.presets(con), lake.price_list(con)):
        yield Fault(
            check="rules",
            sentence="runs and all that is derived were worked out by other rules or prices than this "
            "version's; --fix works them out again, as does the next import.",
            mend=partial(repairs.settle, patient.store),
        )


def _rollups(patient: Patient) -> Iterator[Fault]:
    differing = repairs.differing(patient.con, None if patient.deep else SAMPLE_TRACES)
    if differing:
        told = ", ".join(f"{count:,} in {table}" for table, count in differing.items())
        of = "all" if patient.deep else f"up to {SAMPLE_TRACES}"
        yield Fault(
            check="rollups",
            sentence=f"derived rows are not what the calls of {of} traces give ({told}); --fix works "
            "everything out again.",
            mend=partial(repairs.settle, patient.store),
        )


def _prepared(patient: Patient) -> Iterator[Fault]:
    file = prepared.damaged(patient.store)
    if file is not None:
        yield Fault(
            check="prepared",
            sentence=f"{file} is damaged: readers do without it, and open more slowly. --fix removes it; the "
            "next import makes it anew.",
            mend=partial(repairs.discard_prepared, patient.store),
        )
    elif patient.deep and prepared.is_there(patient.store):
        names = beginnings.differing(patient.store, patient.now)
        if names:
            yield Fault(
                check="prepared",
                sentence=f"readers begin with other rows than the store gives ({', '.join(names)}); --fix "
                "removes what they begin with, and they load it from the store.",
                mend=partial(repairs.discard_prepared, patient.store),
            )


def _clock(patient: Patient) -> Iterator[Fault]:
    row = patient.con.execute(
        lake.statement("queries", "ahead"),
        {"imported": patient.now + CLOCK_TOLERANCE, "started": patient.now + FUTURE},
    ).fetchone()
    assert row is not None
    imported_at, spans = row
    if imported_at is not None:
        yield Fault(
            check="clock",
            sentence=f"the newest import is dated {imported_at:%Y-%m-%d %H:%M} UTC, ahead of this machine's "
            f"clock ({patient.now:%Y-%m-%d %H:%M} UTC): one of the two was wrong. Imports keep their order; "
            "how old the data is cannot be said until then.",
        )
    if spans:
        yield Fault(
            check="clock",
            sentence=f"{spans:,} calls begin more than a day in the future: check the clock of the machine "
            "that recorded them. They are kept, and left out of every period until then.",
        )


CHECKS = (
    Check(
        name="folder",
        looks_at="the folder of the store",
        find=access.find,
        of_folder=True,
        stops=True,
    ),
    Check(name="space", looks_at="free space on its disk", find=_space, of_folder=True),
    Check(name="catalog", looks_at="the catalog", find=_catalog, of_folder=True, stops=True),
    Check(name="layout", looks_at="the layout of the store", find=_layout, stops=True),
    Check(name="columns", looks_at="the columns of the tables", find=_columns, stops=True),
    Check(name="files", looks_at="the files of the tables", find=_files, stops=True),
    Check(name="leftovers", looks_at="what imports left behind", find=_leftovers, of_folder=True),
    Check(
        name="parted",
        looks_at="calls and what they carried",
        find=_parted,
        of_folder=True,
        stops=True,
    ),
    Check(name="rules", looks_at="the rules of derived rows", find=_rules, stops=True),
    Check(name="rollups", looks_at="derived rows", find=_rollups),
    Check(
        name="prepared",
        looks_at="what readers begin with",
        find=_prepared,
        of_folder=True,
    ),
    Check(name="clock", looks_at="the times of imports and calls", find=_clock),
)
"""Everything that is looked at, in this order."""

_WITHIN = Check(
    name="files",
    looks_at="what is in the files of the tables",
    find=partial(_wrong_files, within=True),
    stops=True,
)
"""What is looked at where another check has met something that cannot be read."""

"""What this user may do with the files of a store: a file that cannot be read is none that is broken."""

import os
from collections.abc import Iterator
from pathlib import Path

from analytics.store.examination import Fault, Patient
from analytics.store.location import ASIDE, CATALOG, LOCK, TMP

_WRITTEN = (CATALOG, f"{CATALOG}-wal", f"{CATALOG}-shm", LOCK)
"""Files that a writer writes again; any other is written once."""

_NOT_READ = (ASIDE, TMP)
"""What is in there is its writer's own, or nobody's."""


def find(patient: Patient) -> Iterator[Fault]:
    """Name what this user may not read or write, at any depth of a store that is one folder."""
    unread, unwritten = _refused(patient.folder)
    if unread:
        yield Fault(
            check="folder",
            sentence=f"{_told(unread)} cannot be read by this user ({owner(unread[0])}): give it the right "
            "to (chmod, chown), or run as its owner. Nothing is lost.",
        )
    elif unwritten:
        reason = "is on a read-only disk or this user may not write it"
        yield Fault(
            check="folder",
            sentence=f"{_told(unwritten)} cannot be written: it {reason} ({owner(unwritten[0])}). Nothing "
            "is lost; imports are refused until it can be.",
        )


def owner(path: Path) -> str:
    """Say whose a file is, and who asks."""
    try:
        return f"owner {path.owner()}, user {os.geteuid()}"
    except (KeyError, OSError):
        return f"user {os.geteuid()}"


def _refused(store: Path) -> tuple[list[Path], list[Path]]:
    """Return what cannot be read, and what cannot be written, the uppermost first."""
    unread: list[Path] = []
    unwritten: list[Path] = []

    def look(path: Path, *, entered: bool, written: bool) -> None:
        if not os.access(path, os.R_OK | (os.X_OK if entered else 0)):
            found = unread
        elif written and not os.access(path, os.W_OK):
            found = unwritten
        else:
            return
        if os.path.exists(path):  # A writer may have removed it meanwhile.
            found.append(path)

    look(store, entered=True, written=True)
    for parent, folders, names in os.walk(store, followlinks=True):
        here = Path(parent)
        for name in folders:
            look(here / name, entered=True, written=True)
        for name in names:
            look(here / name, entered=False, written=here == store and name in _WRITTEN)
        if here == store:
            folders[:] = [name for name in folders if name not in _NOT_READ]
    return unread, unwritten


def _told(paths: list[Path]) -> str:
    more = len(paths) - 1
    return f"{paths[0]}{f' (and {more:,} more)' if more else ''}"

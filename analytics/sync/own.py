"""What this project wrote itself, a store or the tables of an export: it is nobody's traces."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from analytics.errors import InputError
from analytics.export.growth import MEMORY
from analytics.export.tables import FORMATS
from analytics.store.location import (
    ASIDE,
    CATALOG,
    COPIES,
    FILES,
    LOCK,
    PREPARED,
    TMP,
    Location,
    Store,
)

_PARTS = (FILES, TMP, COPIES, PREPARED, ASIDE)


def own(store: Store, tables: Path | None = None) -> Callable[[Path], bool]:
    """Return what tells the files of any store, and those that any export left, from others.

    Args:
        store: the one that is read into, which may not have been made yet.
        tables: where its tables are going to be written.
    """
    store_folder = _resolved(Location.of(store).folder)
    tables_folder = _resolved(tables)

    @cache
    def parts_of(folder: Path) -> tuple[Path, ...]:
        """Return what is a store's in a folder: where the folder is one."""
        if folder == store_folder or ((folder / CATALOG).exists() and (folder / FILES).exists()):
            return tuple(folder / part for part in _PARTS)
        return ()

    @cache
    def exported_into(folder: Path) -> frozenset[str]:
        with suppress(OSError, ValueError, TypeError, KeyError):
            left = set(json.loads((folder / MEMORY).read_text("utf-8"))["files"])
            # The folder remembers its last export; one of the other kind has left the same tables.
            kinds = {Path(name).suffix for name in left} | {f".{kind}" for kind in FORMATS}
            return frozenset(f"{Path(name).stem}{kind}" for name in left for kind in kinds)
        return frozenset()

    @cache
    def is_own_folder(folder: Path) -> bool:
        if folder == tables_folder or folder in parts_of(folder.parent):
            return True
        return folder != folder.parent and is_own_folder(folder.parent)

    def is_own(path: Path) -> bool:
        folder, name = path.parent.resolve(), path.name
        return (
            name in exported_into(folder)
            or (name.startswith((CATALOG, LOCK)) and bool(parts_of(folder)))
            or is_own_folder(folder)
        )

    return is_own


def refuse(paths: Sequence[str], store: Store, tables: Path | None = None) -> None:
    """Refuse to read the very folder that is written to.

    Args:
        paths: what the user named.
        store: what is read into.
        tables: where its tables are going to be written.

    Raises:
        InputError: one of the paths is such a folder.
    """
    places = ((Location.of(store).folder, "the store itself"), (tables, "where the tables go"))
    for folder, what in places:
        for path in paths:
            if folder is not None and _resolved(Path(path).expanduser()) == _resolved(folder):
                raise InputError(
                    f"{path} is {what}. Nothing was read from it; keep traces in a folder of their own."
                )


def _resolved(folder: Path | None) -> Path | None:
    return None if folder is None else folder.resolve()

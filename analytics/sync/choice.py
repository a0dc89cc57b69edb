"""Which store is shown: the one named, the user's own, or that of the bundled traces."""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

from analytics.cost import PriceList
from analytics.errors import InputError, StoreError
from analytics.schema import TABLES
from analytics.semantics import BUNDLED, load
from analytics.store import lake, refresh
from analytics.store.location import Location, Store
from analytics.sync.files import import_paths

ROOT = Path(__file__).resolve().parents[2]
"""The checkout: where data/ stands."""


@dataclass(frozen=True, kw_only=True)
class StoreChoice:
    """Which store to show, and whether it holds the bundled traces."""

    path: Store
    demo: bool


def choose_store(explicit: Store | None = None) -> StoreChoice:
    """Return the store to show: the one named, else the user's own, else the bundled traces.

    The bundled traces are imported into a store of their own on first use.
    """
    if explicit is not None:
        return StoreChoice(path=explicit, demo=False)
    own = default_store()
    if lake.exists(own) or os.environ.get("PATCHPILOT_STORE"):
        return StoreChoice(path=own, demo=False)
    return StoreChoice(path=demo_store(), demo=True)


def default_store() -> Store:
    """Return where a user's own store stands: where PATCHPILOT_STORE says, else in data/.

    Raises:
        InputError: PATCHPILOT_STORE is neither a folder nor the address of a store.
    """
    return Location.of(os.environ.get("PATCHPILOT_STORE") or ROOT / "data" / "store")


def demo_store() -> Path:
    """Return the store of the bundled traces, made anew where they have changed.

    Raises:
        InputError: this installation carries no traces.
    """
    files = sorted((ROOT / "data" / "demo").glob("*.jsonl.gz"))
    if not files:
        raise InputError(
            "no bundled traces in this installation. Import your own: patchpilot import PATH."
        )
    store = ROOT / "data" / f"demo-store-{_fingerprint(files)}"
    if lake.exists(store):
        return store
    try:
        for outdated in (ROOT / "data").glob("demo-store-*"):
            rmtree(outdated, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=ROOT / "data", prefix="demo-draft-") as draft:
            fresh = Path(draft) / "store"
            import_paths(fresh, [str(file) for file in files], demo=True)
            # Two processes may have made it at once: one store is as good as the other.
            if not lake.exists(store):
                fresh.rename(store)
    except OSError as fault:
        raise StoreError(f"cannot make the demo's store in {store}: {fault.strerror}.") from fault
    return store


def _fingerprint(files: Iterable[Path]) -> str:
    """Return a digest of the bundled traces and of all that decides what is made of them."""
    digest = hashlib.sha256(repr(TABLES).encode())
    digest.update(refresh.rules([load(name) for name in BUNDLED], PriceList()).encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]

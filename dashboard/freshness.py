"""Keeps an open page up to date: looks at the store again and again, and tells only what is new."""

from collections.abc import Callable
from threading import Lock
from time import monotonic
from weakref import WeakKeyDictionary

import marimo as mo

from analytics.errors import AnalyticsError
from analytics.store.reader import Reader, Version

SHARED_FOR_S = 0.2
"""How old a look at the store may be to serve another page: each that follows it looks once a second."""

EVERY = ("1s", "2s", "5s", "30s")
"""How often a page can look. The first is what it does unless told: a look costs milliseconds."""

_looks: "WeakKeyDictionary[Reader, tuple[float, Version]]" = WeakKeyDictionary()
_one_at_a_time = Lock()


def poller(
    reader: Reader,
    first: Version,
    changed: Callable[[Version], None],
    failed: Callable[[str | None], None],
) -> Callable[[object], None]:
    """Return what a refresh control calls at every tick.

    Args:
        reader: of the store.
        first: the version that the page shows.
        changed: is told a version that is another than before.
        failed: is told why the store cannot be reached, and None when it can be again.
    """
    seen: tuple[Version, str | None] = (first, None)

    def look(_tick: object) -> None:
        nonlocal seen
        before, fault_before = seen
        version, fault = before, None
        try:
            version = _latest(reader)
        except AnalyticsError as error:
            fault = str(error)
        seen = version, fault
        # A setter runs every cell that reads the state, even for an equal value.
        if fault != fault_before:
            failed(fault)
        if version != before:
            changed(version)

    return look


def control(look: Callable[[object], None]) -> mo.ui.refresh:
    """Return what calls a :func:`poller`'s result at every tick, and lets a viewer choose how often."""
    return mo.ui.refresh(options=list(EVERY), default_interval=EVERY[0], on_change=look)


def _latest(reader: Reader) -> Version:
    """Return the version of the store as of a moment ago.

    Raises:
        StoreError: the store cannot be reached.
    """
    with _one_at_a_time:
        known = _looks.get(reader)
        if known is not None and monotonic() - known[0] < SHARED_FOR_S:
            return known[1]
        version = reader.poll()
        _looks[reader] = monotonic(), version
        return version

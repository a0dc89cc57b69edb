"""Keeps an open page up to date: looks at the store again and again, and tells only what is new."""

from collections.abc import Callable

from analytics.errors import AnalyticsError
from analytics.store.reader import Reader, Version


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
            version = reader.poll()
        except AnalyticsError as error:
            fault = str(error)
        seen = version, fault
        # A setter runs every cell that reads the state, even for an equal value.
        if fault != fault_before:
            failed(fault)
        if version != before:
            changed(version)

    return look

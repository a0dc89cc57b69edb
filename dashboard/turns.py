"""Numbers before drawings: of several open pages, none draws while another has yet to tell its numbers.

A browser needs a moment for numbers, and the better part of a second for charts. Pages that look at the same
store learn of an import within the same second; if each drew at once, they would all wait for each other.
"""

from threading import Condition
from time import monotonic
from weakref import WeakSet

from analytics.store.reader import Version

LONGEST_WAIT_S = 1.5
"""How long the drawings of a version are held back, from the first page that could draw them."""

PRESENT_FOR_S = 2.5
"""How long after its last look a page is waited for; one in the background looks once a minute."""

_changed = Condition()
_pages: "WeakSet[Turn]" = WeakSet()
_began: dict[Version, float] = {}


class Turn:
    """What the pages know of one page: when it looked last, and which version's numbers it has told."""

    def __init__(self) -> None:
        """Take a place among the pages, without being waited for."""
        self._looked = float("-inf")
        self._told: Version | None = None
        with _changed:
            _pages.add(self)

    def look(self) -> None:
        """Say that the page is there, and will tell of what is new."""
        self._looked = monotonic()

    def take(self, version: Version) -> None:
        """Say that the numbers of a version are told, and wait for the other pages to have told theirs."""
        with _changed:
            if self._told == version:
                return
            self._told = version
            _changed.notify_all()
            if version not in _began:
                _began.clear()
                _began[version] = monotonic()
            left = _began[version] + LONGEST_WAIT_S - monotonic()
            _changed.wait_for(lambda: not _awaited(version), max(left, 0))

    def is_awaited(self, version: Version) -> bool:
        """Whether the page is there and has yet to tell the numbers of a version."""
        return self._told != version and monotonic() - self._looked < PRESENT_FOR_S


def _awaited(version: Version) -> bool:
    return any(page.is_awaited(version) for page in _pages)

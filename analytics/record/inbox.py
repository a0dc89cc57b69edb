"""What waits to be written: the caller only puts it here, and never waits."""

from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, RLock

from analytics.record.state import State

MOST_STATES = 20_000
MOST_CHARACTERS = 64_000_000
"""Beyond either, steps that begin are dropped and counted; those that end have as much again."""


class Flush:
    """Somebody waits until all that was put in before this is written."""

    __slots__ = ("_done",)

    def __init__(self) -> None:
        """Begin undone."""
        self._done = Lock()
        self._done.acquire()

    def done(self) -> None:
        """Let go of whoever waits."""
        self._done.release()

    def wait(self, timeout_s: float) -> bool:
        """Return whether it was done in time."""
        return self._done.acquire(timeout=timeout_s)


class Inbox:
    """A queue that many threads, and a signal's handler in the middle of them, put into."""

    def __init__(self, most: int = MOST_STATES, most_characters: int = MOST_CHARACTERS) -> None:
        """Begin empty."""
        self._most = most
        self._most_characters = most_characters
        self._items: SimpleQueue[State | Flush] = SimpleQueue()
        # A handler runs in the thread that it interrupts, perhaps inside this very lock.
        self._lock = RLock()
        self._states = 0
        self._characters = 0
        self._dropped: dict[Path | None, int] = {}

    def put(self, state: State) -> None:
        """Take a state, or count it as dropped. That a run begins or ends is always taken."""
        room = 1 if state.status == "running" else 2
        needed = state.of.is_run and (room == 2 or not state.changes)
        with self._lock:
            full = (
                self._states >= room * self._most
                or self._characters + state.characters > room * self._most_characters
            )
            if full and not needed:
                self._dropped[state.of.folder] = self._dropped.get(state.of.folder, 0) + 1
                return
            self._states += 1
            self._characters += state.characters
        self._items.put(state)

    def put_flush(self, flush: Flush) -> None:
        """Take a wish to hear when everything before it is written."""
        self._items.put(flush)

    def take(self, timeout_s: float | None) -> State | Flush | None:
        """Return what comes next; None where nothing came in time."""
        try:
            item = self._items.get(timeout=timeout_s)
        except Empty:
            return None
        if isinstance(item, State):
            with self._lock:
                self._states -= 1
                self._characters -= item.characters
        return item

    def take_dropped(self) -> dict[Path | None, int]:
        """Return how many states were dropped since this was last asked, by folder."""
        if not self._dropped:
            return {}
        with self._lock:
            dropped, self._dropped = self._dropped, {}
        return dropped

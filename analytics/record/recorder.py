"""The recorder of this process: what is open, the thread that writes, and what happens at the end."""

import atexit
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import RLock, Thread
from typing import Protocol

from analytics.record.inbox import Flush, Inbox
from analytics.record.mirror import Mirror, active_client
from analytics.record.state import State
from analytics.record.writer import Writer

CLOSE_S = 10.0
"""How long the end of a process waits for the disk."""


class Open(Protocol):
    """A step that has not ended."""

    def cut_short(self, error_type: str, message: str) -> None:
        """Say that it ended because the process does; what ends it later is still heard."""
        ...


class Recorder:
    """One a process. A forked child has its own, and leaves what its parent began to the parent."""

    def __init__(self, *, forked: bool = False) -> None:
        """Begin with nothing open and no thread."""
        self.inbox = Inbox()
        self.open: dict[str, Open] = {}
        self.interrupted: str | None = None
        """What the process was told to end by."""
        self.mirror: Mirror | None = None
        self._forked = forked
        self._writer = Writer(self.inbox)
        self._thread: Thread | None = None
        self._lock = RLock()

    def send(self, state: State) -> None:
        """Have a state written, soon and elsewhere."""
        self.inbox.put(state)
        if self._thread is None:
            self._begin()

    def mirror_to_weave(self) -> Mirror | None:
        """Return what tells the Weave client that is active; None where there is none."""
        client = None if self._forked else active_client()
        if client is None:
            return None
        with self._lock:
            if self.mirror is None or self.mirror.client is not client:
                self.mirror = self._writer.listener = Mirror(client)
                # What ends last was registered first: the client is flushed after this.
                atexit.unregister(_close)
                atexit.register(_close)
        return self.mirror

    def flush(self, timeout_s: float) -> bool:
        """Wait until all that was sent is on disk, and passed to Weave; say whether it was in time."""
        if self._thread is None:
            return True
        if not self._thread.is_alive():
            while self._writer.step(0.0):
                pass
            return True
        flush = Flush()
        self.inbox.put_flush(flush)
        return flush.wait(timeout_s)

    def cut_short(self, error_type: str, message: str) -> None:
        """Say of everything open that it ends here."""
        for step in list(self.open.values()):
            step.cut_short(error_type, message)

    def _begin(self) -> None:
        with self._lock:
            if self._thread is not None:
                return
            self._thread = Thread(target=self._writer.work, name="record", daemon=True)
            _at_end(_close)
            # A process that is ending starts no thread: then the end itself writes what waits.
            with suppress(RuntimeError):
                self._thread.start()


def current() -> Recorder:
    """Return the recorder of this process."""
    return _recorder


def _at_end(work: Callable[[], None]) -> None:
    atexit.unregister(work)
    atexit.register(work)
    # Its children end without asking atexit.
    if multiprocessing := sys.modules.get("multiprocessing.util"):
        multiprocessing.Finalize(None, work, exitpriority=100)


def _close() -> None:
    _recorder.cut_short("ProcessExit", "the process ended while this ran")
    _recorder.flush(CLOSE_S)


def _renew() -> None:
    global _recorder
    _recorder = Recorder(forked=True)


_recorder = Recorder()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)

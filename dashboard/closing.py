"""Gives back the memory of closed pages: Python keeps what refers to itself, the C library what is free."""

import gc
from collections.abc import Callable
from contextlib import suppress
from ctypes import CDLL
from threading import Event, Thread
from threading import enumerate as running

_EVERY_S = 10.0
_KERNEL = "launch_kernel"
"""Part of the name of a thread in which marimo runs a page."""


class Sweep:
    """Looks now and then whether pages were closed, in a thread."""

    def __init__(
        self, give_back: Callable[[], None] | None = None, every_s: float = _EVERY_S
    ) -> None:
        """Prepare.

        Args:
            give_back: called after pages were closed.
            every_s: seconds between two looks.
        """
        self._give_back = give_back or _give_back
        self._every_s = every_s
        self._ended = Event()
        self._thread = Thread(target=self._run, name="sweep", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        before = 0
        while not self._ended.wait(self._every_s):
            now = sum(_KERNEL in thread.name for thread in running())
            if now < before:
                self._give_back()
            before = now


def _give_back() -> None:
    gc.collect()
    # Of glibc alone; elsewhere the C library does as it likes.
    with suppress(AttributeError, OSError):
        CDLL(None).malloc_trim(0)

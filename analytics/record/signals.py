"""A process that is told to end says so of its open runs first, and then does what it would have done."""

import os
import signal
from threading import current_thread, main_thread
from types import FrameType

from analytics.record import recorder

FLUSH_S = 5.0
_NAMES = {signal.SIGTERM: "Terminated", signal.SIGINT: "KeyboardInterrupt"}
if hasattr(signal, "SIGHUP"):  # Where a terminal that closes says so.
    _NAMES[signal.SIGHUP] = "Hangup"
_before: dict[int, object] = {}


def listen() -> None:
    """Listen to SIGTERM, SIGINT and SIGHUP from now on; only the main thread can, others do nothing.

    Python's own SIGINT is left alone: it becomes a KeyboardInterrupt, which ends runs by itself, and
    asyncio puts its own in that place only.
    """
    if current_thread() is not main_thread():
        return
    for number in _NAMES:
        handler = signal.getsignal(number)
        if handler not in (_heard, signal.SIG_IGN, signal.default_int_handler, None):
            _before[number] = handler
            signal.signal(number, _heard)


def _heard(number: int, frame: FrameType | None) -> None:
    """Write down what is open, then pass the signal on."""
    own = recorder.current()
    name = _NAMES[signal.Signals(number)]
    own.interrupted = name
    own.cut_short(name, f"the process was sent {signal.Signals(number).name}")
    own.flush(FLUSH_S)
    before = _before.get(number)
    if callable(before):
        before(number, frame)
    else:
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

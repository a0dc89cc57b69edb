"""How much memory processes hold, second by second."""

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from time import monotonic

_EVERY_S = 1.0


def resident(pid: int) -> int:
    """Return the bytes that a process holds in memory, 0 where it has ended."""
    status = Path(f"/proc/{pid}/status")
    try:
        for line in status.read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    if Path("/proc/self/status").exists():
        return 0
    told = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return int(told.stdout.strip() or 0) * 1024


@dataclass
class Course:
    """What one process held over time."""

    seconds: list[float] = field(default_factory=list)
    held: list[int] = field(default_factory=list)

    def at(self, share: float) -> int | None:
        """Return the bytes held after a share of the time, None where nothing was measured."""
        return self.held[round(share * (len(self.held) - 1))] if self.held else None

    def slope(self) -> float | None:
        """Return bytes a minute over the second half, by least squares; None for fewer than three."""
        half = len(self.held) // 2
        seconds, held = self.seconds[half:], self.held[half:]
        if len(held) < 3:
            return None
        mid_s, mid = sum(seconds) / len(seconds), sum(held) / len(held)
        spread = sum((second - mid_s) ** 2 for second in seconds)
        both = sum((s - mid_s) * (h - mid) for s, h in zip(seconds, held, strict=True))
        return both / spread * 60


class Sampler:
    """Looks at some processes once a second, in a thread, until it is stopped."""

    def __init__(self, pids: Iterable[int]) -> None:
        """Begin."""
        self.courses = {pid: Course() for pid in pids}
        self._ended = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> dict[int, Course]:
        """End, and return what was seen."""
        self._ended.set()
        self._thread.join()
        return self.courses

    def _run(self) -> None:
        began = monotonic()
        while not self._ended.wait(_EVERY_S):
            for pid, course in self.courses.items():
                if held := resident(pid):
                    course.seconds.append(monotonic() - began)
                    course.held.append(held)

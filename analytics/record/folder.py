"""One folder of records: a new file for every process, and again when one is large or old."""

import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from time import monotonic

ROTATE_BYTES = 32 * 1024 * 1024
ROTATE_S = 3600.0
_RETRY_S = 30.0


class Folder:
    """Writes lines to files that no other process writes to. A fault is told once, never raised."""

    def __init__(
        self, path: Path, rotate_bytes: int = ROTATE_BYTES, rotate_s: float = ROTATE_S
    ) -> None:
        """Begin without a file: it is made with the first line."""
        self._path = path
        self._rotate_bytes = rotate_bytes
        self._rotate_s = rotate_s
        self._file: int | None = None
        self._bytes = 0
        self._opened = 0.0
        self._retry = 0.0
        self._told = False

    def write(self, lines: list[str]) -> bool:
        """Append some lines, each whole; say whether the system took them."""
        if monotonic() < self._retry:
            return False
        raw = "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
        try:
            left = memoryview(raw)
            file = self._open()
            while left:
                left = left[os.write(file, left) :]
        except OSError as fault:
            # What was written in part is a line without an end: the next ones go to another file.
            self._fail(fault)
            return False
        self._bytes += len(raw)
        return True

    def sync(self) -> None:
        """Have the system keep what was written even if the power fails."""
        if self._file is not None:
            with suppress(OSError):  # Some file systems cannot.
                os.fsync(self._file)

    def close(self) -> None:
        """Finish the file."""
        if self._file is not None:
            self.sync()
            with suppress(OSError):
                os.close(self._file)
        self._file = None

    def _open(self) -> int:
        old = monotonic() - self._opened > self._rotate_s
        if self._file is not None and (old or self._bytes >= self._rotate_bytes):
            self.close()
        if self._file is None:
            self._path.mkdir(parents=True, exist_ok=True)
            name = f"record-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}-{token_hex(4)}.jsonl"
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
            self._file = os.open(self._path / name, flags, 0o600)
            self._bytes, self._opened = 0, monotonic()
        return self._file

    def _fail(self, fault: OSError) -> None:
        self.close()
        self._retry = monotonic() + _RETRY_S
        if not self._told:
            self._told = True
            warn(f"cannot write to {self._path}: {fault.strerror or fault}. The run goes on.")


def warn(sentence: str) -> None:
    """Say something on standard error; where that is closed, nothing."""
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"patchpilot: {sentence}\n")

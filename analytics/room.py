"""How much may be unpacked from a file that nobody here has packed: the disk stays usable, bombs are told."""

import shutil
from pathlib import Path

_LEFT_BYTES = 1 << 30
_LEFT_SHARE = 0.05
"""What stays free on a disk, the smaller of both: others write there, and an import stages more after it."""

_LITTLE_BYTES = 1 << 24
"""So much is written whatever is left: the disk says itself when it is full."""

_BOMB_FROM_BYTES = 1 << 30
DEFLATED = 200
"""How many times its size gzip or ZIP may unpack to. Deflate spends 11 bits or more on each 258 bytes that
stood over a kilobyte ago, which makes 187 of one: beyond it, nearly all is one short text again and again.
Calls have ids and times of their own; exports of them unpack to 10 to 40 times their size."""
ZSTANDARD = 10_000
"""The same of zstd, which takes any length from megabytes ago at once: agents that send all they have said
with each call pack a thousand to one. One byte again and again packs to less than this."""


def lack(folder: Path, size_bytes: int) -> str | None:
    """Say why the disk of a folder cannot take so much more, None where it can."""
    if size_bytes <= _LITTLE_BYTES:
        return None
    try:
        disk = shutil.disk_usage(folder)
    except OSError:
        return None
    left = min(_LEFT_BYTES, int(disk.total * _LEFT_SHARE))
    if size_bytes <= disk.free - left:
        return None
    return (
        f"it unpacks to more than the disk of {folder} has room for: {disk.free / 1e9:,.1f} GB are free "
        f"there, of which {left / 1e9:,.1f} GB stay so"
    )


def bomb(packed_bytes: int, unpacked_bytes: int, most: int = DEFLATED) -> str | None:
    """Say that something unpacks to more than data does, None where it does not."""
    if unpacked_bytes < _BOMB_FROM_BYTES or unpacked_bytes <= most * packed_bytes:
        return None
    return f"it unpacks to more than {most:,} times its size, which no trace does"


class Watch:
    """Looks at the disk of a folder again and again while something is unpacked there."""

    def __init__(self, folder: Path) -> None:
        """Begin with nothing written."""
        self._folder = folder
        self._unseen = 0

    def wrote(self, size_bytes: int) -> str | None:
        """Count what was written; say so where no more should be."""
        self._unseen += size_bytes
        if self._unseen <= _LITTLE_BYTES:
            return None
        self._unseen = 0
        # What is there already counts no more: only whether as much could come again.
        return lack(self._folder, _LITTLE_BYTES + 1)

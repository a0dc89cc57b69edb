"""A progress bar on standard error, where that is a terminal; silent elsewhere."""

import sys
from time import monotonic

_WIDTH = 28
_PAUSE_S = 0.1


class Bar:
    """One line that is drawn over and over, and wiped in the end."""

    def __init__(self) -> None:
        """Draw nothing yet."""
        self._drawn_at = 0.0
        self._shown = sys.stderr.isatty()

    def __enter__(self) -> "Bar":
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Wipe the line."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def tell(self, what: str, done: int, of: int | None) -> None:
        """Show how far something is; of an unknown whole, only how much."""
        now = monotonic()
        if not self._shown or now - self._drawn_at < _PAUSE_S:
            return
        self._drawn_at = now
        if of:
            filled = min(_WIDTH * done // of, _WIDTH)
            text = f"{what} [{'#' * filled}{'.' * (_WIDTH - filled)}] {done:,} of {of:,}"
        else:
            text = f"{what} {done:,}" if done else f"{what} ..."
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()

"""Arguments that several commands share."""

import argparse
from collections.abc import Callable
from pathlib import Path

from analytics.semantics import BUNDLED

_LONGEST_PAUSE_S = 86_400
_LARGEST = 1_000_000_000


def semantics(parser: argparse.ArgumentParser) -> None:
    """Let a command be told how to read what it imports."""
    parser.add_argument(
        "--semantics",
        action="append",
        default=[],
        metavar="NAME|FILE",
        help=f"preset ({', '.join(BUNDLED)}) or TOML file of your own; may be repeated",
    )


def path(text: str) -> Path:
    """Return a path; an empty one, which would stand for the current folder, is refused."""
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty (a variable that is not set?): name a path")
    return Path(text)


def positive_seconds(text: str) -> float:
    """Return a pause in seconds; anything else is refused by name."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= _LONGEST_PAUSE_S:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no number of seconds above 0 and up to {_LONGEST_PAUSE_S:,}"
        )
    return value


def number_above(least: float, *, whole: bool = False) -> Callable[[str], float]:
    """Return a reader of numbers above a bound; anything else is refused by name."""

    def read(text: str) -> float:
        try:
            value = int(text) if whole else float(text)
        except ValueError:
            value = least
        if not least < value <= _LARGEST:
            kind = "whole number" if whole else "number"
            raise argparse.ArgumentTypeError(f"{text!r} is no {kind} above {least:g}")
        return value

    return read

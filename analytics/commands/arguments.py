"""Arguments that several commands share."""

import argparse

from analytics.semantics import BUNDLED

_LONGEST_PAUSE_S = 86_400


def semantics(parser: argparse.ArgumentParser) -> None:
    """Let a command be told how to read what it imports."""
    parser.add_argument(
        "--semantics",
        action="append",
        default=[],
        metavar="NAME|FILE",
        help=f"preset ({', '.join(BUNDLED)}) or TOML file of your own; may be repeated",
    )


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

"""patchpilot watch."""

import argparse
import sys

from analytics.commands.arguments import positive_seconds
from analytics.commands.talk import tell

SUMMARY = "import growing files and folders as they grow"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="file, folder or glob")
    parser.add_argument(
        "--every", type=positive_seconds, default=1.0, metavar="SECONDS", help="default 1"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from threading import Event

    from analytics import sync

    store = arguments.store or sync.default_store()
    print(f"watching {' '.join(arguments.paths)} (Ctrl-C stops it)", file=sys.stderr)
    try:
        sync.watch(store, arguments.paths, arguments.every, Event(), told=tell)
    except KeyboardInterrupt:
        return 0
    return 0

"""patchpilot watch."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.commands.arguments import positive_seconds
from analytics.commands.talk import tell
from analytics.errors import AnalyticsError
from analytics.store.location import Store

if TYPE_CHECKING:
    from analytics.sync import SyncReport

SUMMARY = "import growing files and folders as they grow"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="file, folder or glob")
    parser.add_argument(
        "--every", type=positive_seconds, default=1.0, metavar="SECONDS", help="default 1"
    )
    parser.add_argument(
        "--csv", type=Path, metavar="DIR", help="keep every table there as CSV, after each import"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from threading import Event

    from analytics import sync

    store = arguments.store or sync.default_store()
    print(f"watching {' '.join(arguments.paths)} (Ctrl-C stops it)", file=sys.stderr)
    try:
        sync.watch(
            store, arguments.paths, arguments.every, Event(), told=_followed(store, arguments)
        )
    except KeyboardInterrupt:
        return 0
    return 0


def _followed(
    store: Store, arguments: argparse.Namespace
) -> "Callable[[SyncReport | AnalyticsError], None]":
    """Return what hears of every import: it is told, and written on where that was asked for."""

    def follow(report: "SyncReport | AnalyticsError") -> None:
        tell(report)
        if arguments.csv is None or isinstance(report, AnalyticsError):
            return
        from analytics.export.tables import export_tables

        try:
            export_tables(store, arguments.csv, "csv")
        except AnalyticsError as fault:
            tell(fault)  # The next import may find room again.

    return follow

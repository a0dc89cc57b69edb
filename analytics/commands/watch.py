"""patchpilot watch."""

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from analytics.commands.arguments import path, positive_seconds
from analytics.commands.talk import say_stopped, tell
from analytics.errors import AnalyticsError
from analytics.store import interrupts
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
        "--csv", type=path, metavar="DIR", help="keep every table there as CSV, after each import"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from threading import Event

    from analytics import sync

    store = arguments.store or sync.default_store()
    sync.check_watch(store, arguments.paths, arguments.csv)
    if arguments.csv is not None:
        from analytics.export.tables import make_folder

        make_folder(arguments.csv)
    print(f"watching {' '.join(arguments.paths)} (Ctrl-C stops it)", file=sys.stderr)
    try:
        with interrupts.heeded():
            sync.watch(
                store,
                arguments.paths,
                arguments.every,
                Event(),
                tables=arguments.csv,
                told=_followed(store, arguments),
            )
    except KeyboardInterrupt:
        say_stopped()
    return 0


def _followed(
    store: Store, arguments: argparse.Namespace
) -> "Callable[[SyncReport | AnalyticsError], None]":
    """Return what hears of every import: it is told, and written on where that was asked for."""
    last = ""

    def follow(report: "SyncReport | AnalyticsError") -> None:
        nonlocal last
        interrupts.check()
        is_said = isinstance(report, AnalyticsError) and str(report) == last
        last = str(report) if isinstance(report, AnalyticsError) else ""
        if not is_said:  # Once is enough of what goes on being wrong.
            tell(report)
        if arguments.csv is None or isinstance(report, AnalyticsError):
            return
        from analytics.export.tables import export_tables

        try:
            export_tables(store, arguments.csv, "csv")
        except AnalyticsError as fault:
            tell(fault)  # The next import may find room again.

    return follow

"""patchpilot store."""

import argparse

from analytics.store.location import Location

SUMMARY = "copy a store: to another folder, to PostgreSQL, to a bucket, or back"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "action",
        choices=("copy",),
        help="copy: every table and setting, compared row by row afterwards; former states stay behind",
    )
    parser.add_argument(
        "--to",
        type=Location.of,
        required=True,
        metavar="STORE",
        help="where the copy is to stand, as --store says it; nothing is there yet, or an empty store",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from analytics import sync
    from analytics.render import counted
    from analytics.store.copy import copy
    from analytics.tabulate import aligned

    store = arguments.store or sync.default_store()
    copied = copy(store, arguments.to)
    print(
        aligned([("table", "rows compared"), *((each.table, f"{each.rows:,}") for each in copied)])
    )
    rows = sum(each.rows for each in copied)
    print(
        f"copied {counted(rows, 'row')} in {counted(len(copied), 'table')} to {arguments.to}: "
        "every row is that of the original"
    )
    return 0

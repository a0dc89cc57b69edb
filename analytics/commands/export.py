"""patchpilot export."""

import argparse
from importlib import import_module

from analytics.commands.arguments import path
from analytics.commands.stores import stored

SUMMARY = "write a page to share, or every table"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    kinds = parser.add_mutually_exclusive_group(required=True)
    kinds.add_argument("--html", type=path, metavar="FILE", help="one self-contained page")
    kinds.add_argument("--csv", type=path, metavar="DIR", help="every table and view, as CSV")
    kinds.add_argument(
        "--parquet", type=path, metavar="DIR", help="every table and view, as Parquet"
    )
    parser.add_argument("--demo", action="store_true", help="of the bundled traces")
    parser.add_argument("--period", default="all", help="of the page: 7d, 14d, 28d, 90d or all")


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    choice = stored(arguments)
    if arguments.html:
        size = import_module("dashboard.share").write_page(choice, arguments.html, arguments.period)
        print(f"{arguments.html} ({size / 1e6:.1f} MB)")
        return 0
    from analytics.export.tables import export_tables

    folder, kind = (arguments.csv, "csv") if arguments.csv else (arguments.parquet, "parquet")
    for table in export_tables(choice.path, folder, kind):
        print(f"{table.file} ({table.rows:,} rows)")
    return 0

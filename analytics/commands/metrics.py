"""patchpilot metrics."""

import argparse

from analytics.commands.stores import stored

SUMMARY = "print metrics"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("names", nargs="*", metavar="METRIC", help="default: all of them")
    parser.add_argument("--by", action="append", default=[], metavar="CUT", help="variant, day ...")
    parser.add_argument("--format", choices=("table", "json", "csv"), default="table")
    parser.add_argument("--demo", action="store_true", help="of the bundled traces")


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from analytics.metrics import catalog
    from analytics.metrics.evaluate import evaluate
    from analytics.store.reader import Reader
    from analytics.tabulate import FORMATS

    chosen = [catalog.metric(name) for name in arguments.names] or list(catalog.CATALOG)
    reader = Reader(stored(arguments).path)
    try:
        with reader.cursor() as cursor:
            found = evaluate(cursor, chosen, arguments.by)
    finally:
        reader.close()
    print(FORMATS[arguments.format](chosen, arguments.by, found))
    return 0

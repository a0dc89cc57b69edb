"""patchpilot changes."""

import argparse

from analytics.commands.stores import stored
from analytics.commands.talk import LONGEST_LINE

SUMMARY = "say what the last import changed: runs, outcomes, names, metrics"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--import", dest="number", type=int, metavar="N", help="import; default: the last"
    )
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.add_argument("--demo", action="store_true", help="of the bundled traces")


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from datetime import UTC, datetime

    from analytics.errors import StoreError
    from analytics.ledger import changes, telling
    from analytics.tabulate import one_line

    store = stored(arguments).path
    found = changes(store, arguments.number, now=datetime.now(UTC).replace(tzinfo=None))
    if found is None:
        raise StoreError(
            f"nothing was imported into the store in {store} yet: patchpilot import PATH."
        )
    if arguments.format == "json":
        print(telling.as_json(found))
        return 0
    for line in telling.lines(found):
        print(one_line(line, LONGEST_LINE))
    return 0

"""patchpilot prices."""

import argparse

from analytics.commands.arguments import path
from analytics.commands.stores import stored
from analytics.commands.talk import say

SUMMARY = "list what tokens cost and what is unpriced, or set prices and budgets of your own"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--set", type=path, metavar="FILE", help="use the prices and budgets of a TOML file"
    )
    what.add_argument("--unset", action="store_true", help="go back to the listed prices")
    what.add_argument("--demo", action="store_true", help="of the bundled traces")
    parser.add_argument("--format", choices=("table", "json"), default="table")


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from analytics.cost import PriceList
    from analytics.pricing import FORMATS, prices_in_use, read
    from analytics.store import imports, lake
    from analytics.store.reader import Reader
    from analytics.sync import default_store

    if arguments.set or arguments.unset:
        own = read(arguments.set) if arguments.set else PriceList()
        # The bundled traces have their own store, which is nobody's to change.
        arguments.store = arguments.store or default_store()
        with lake.writer(stored(arguments).path) as con:
            imports.use_prices(con, own)
    reader = Reader(stored(arguments).path)
    try:
        shown = prices_in_use(reader)
    finally:
        reader.close()
    print(FORMATS[arguments.format](shown))
    for note in shown.notes():
        say(f"note: {note}")
    return 0

"""patchpilot doctor."""

import argparse

from analytics.commands.stores import chosen_store
from analytics.commands.talk import LONGEST_LINE

SUMMARY = "say what state the store is in, and what could not be read"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--demo", action="store_true", help="of the bundled traces")
    parser.add_argument("--fix", action="store_true", help="mend what can be mended first")


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from itertools import chain

    from analytics.doctor import examine, repair
    from analytics.tabulate import one_line

    store = chosen_store(arguments).path
    for line in chain(repair(store) if arguments.fix else (), examine(store)):
        print(one_line(line, LONGEST_LINE))
    return 0

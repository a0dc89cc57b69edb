"""patchpilot doctor."""

import argparse

from analytics.commands.stores import chosen_store
from analytics.commands.talk import LONGEST_LINE

SUMMARY = "say what is wrong with the store and mend it, what it holds, and what could not be read"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--demo", action="store_true", help="of the bundled traces")
    parser.add_argument("--fix", action="store_true", help="mend what can be mended first")
    parser.add_argument(
        "--deep",
        action="store_true",
        help="read every file, work out every run again and compare; takes its time",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from datetime import UTC, datetime

    from analytics import doctor
    from analytics.errors import StoreError
    from analytics.tabulate import one_line

    store = chosen_store(arguments).path
    now = datetime.now(UTC).replace(tzinfo=None)
    if arguments.fix:
        mended = doctor.repair(store, now=now, deep=arguments.deep)
        for fault, what in mended.done:
            print(one_line(f"fixed       {fault.check}: {what}", LONGEST_LINE))
        found = mended.left
    else:
        found = doctor.faults(store, now=now, deep=arguments.deep)
    for fault in found:
        print(one_line(f"fault       {fault.check}: {fault.sentence}", LONGEST_LINE))
    try:
        for line in doctor.examine(store):
            print(one_line(line, LONGEST_LINE))
    except StoreError:
        if not found:
            raise
    return 1 if found else 0

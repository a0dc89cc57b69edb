"""patchpilot formats."""

import argparse

from analytics.commands.talk import say

SUMMARY = "list every format that can be imported, and what each can tell"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes: nothing of its own."""
    del parser


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from analytics.sources.formats import FORMATS, table
    from analytics.tabulate import aligned

    del arguments
    print(aligned(table()))
    known = len(FORMATS)
    say(f"note: {known} formats; any other table is read with import --map, see patchpilot map.")
    return 0

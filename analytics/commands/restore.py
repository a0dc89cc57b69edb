"""patchpilot restore."""

import argparse

from analytics.commands.arguments import path

SUMMARY = "make a store of a backup"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("file", type=path, metavar="FILE", help="what backup wrote")


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from analytics import sync
    from analytics.commands.stores import folder_of
    from analytics.render import counted
    from analytics.store.backup import restore

    store = folder_of(arguments.store or sync.default_store(), "its database's own restore")
    told = restore(arguments.file, store)
    print(f"{counted(told.files, 'file')}, {told.size_bytes / 1e6:,.1f} MB, restored into {store}")
    return 0

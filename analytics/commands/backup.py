"""patchpilot backup."""

import argparse

from analytics.commands.arguments import path
from analytics.commands.stores import stored

SUMMARY = "write the whole store to one file"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("file", type=path, metavar="FILE", help="a ZIP archive; must not exist yet")
    parser.add_argument("--demo", action="store_true", help="of the bundled traces")


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from analytics.commands.stores import folder_of
    from analytics.render import counted
    from analytics.store.backup import backup

    store = folder_of(stored(arguments).path, "its database's own backup")
    told = backup(store, arguments.file)
    print(
        f"{counted(told.files, 'file')} of {store}, {told.size_bytes / 1e6:,.1f} MB, in {arguments.file}"
    )
    return 0

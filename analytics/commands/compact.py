"""patchpilot compact."""

import argparse

SUMMARY = "join small files of the store and forget old states"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes; nothing."""


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from analytics.commands.stores import stored
    from analytics.render import counted
    from analytics.store import catalog_file, compaction, lake

    store = stored(arguments).path
    before = lake.size_bytes(store)
    with lake.writer(store) as con:
        told = compaction.compact(con, store, join=True)
    catalog_file.keep_copy(store, afresh=True)
    print(
        f"{counted(told.files_before, 'file')} before, {told.files_after:,} now; "
        f"{counted(told.states_forgotten, 'old state')} forgotten; "
        f"{counted(told.files_removed, 'file')} that nothing needed removed"
    )
    print(f"{before / 1e6:,.1f} MB before, {lake.size_bytes(store) / 1e6:,.1f} MB now")
    return 0

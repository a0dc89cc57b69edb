"""patchpilot prune."""

import argparse

from analytics.commands.arguments import number_above

SUMMARY = "remove old runs, with all that was recorded of them"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--keep-runs", type=number_above(0, whole=True), metavar="N", help="keep the newest N runs"
    )
    parser.add_argument(
        "--keep-days",
        type=number_above(0),
        metavar="D",
        help="keep runs that gave a sign of life in the last D days; a run that either keeps is kept",
    )
    parser.add_argument(
        "--even-all",
        action="store_true",
        help="let --keep-days remove every run, where none is younger",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would go")


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from datetime import UTC, datetime

    from analytics import sync
    from analytics.errors import StoreError
    from analytics.render import counted
    from analytics.store import catalog_file, compaction, lake, retention

    store = arguments.store or sync.default_store()
    if not lake.exists(store):
        raise StoreError(f"there is no store in {store}. Nothing was removed.")
    before = lake.size_bytes(store)
    with lake.writer(store) as con:
        pruned = retention.prune(
            con,
            now=datetime.now(UTC).replace(tzinfo=None),
            keep_runs=arguments.keep_runs,
            keep_days=arguments.keep_days,
            even_all=arguments.even_all,
            dry_run=arguments.dry_run,
        )
        if pruned.traces and not arguments.dry_run:
            compaction.tidy(con, store)
    if pruned.traces and not arguments.dry_run:
        catalog_file.keep_copy(store, afresh=True)
    done = "would remove" if arguments.dry_run else "removed"
    print(
        f"{done} {counted(pruned.runs, 'run')} of {pruned.runs_before:,} and "
        f"{counted(pruned.calls, 'call')} of {pruned.calls_before:,} in {counted(pruned.traces, 'trace')}"
    )
    if not arguments.dry_run:
        print(f"{before / 1e6:,.1f} MB before, {lake.size_bytes(store) / 1e6:,.1f} MB now")
    return 0

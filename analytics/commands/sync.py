"""patchpilot sync."""

import argparse
from typing import TYPE_CHECKING

from analytics.commands.arguments import positive_seconds, semantics
from analytics.commands.talk import print_report, say_stopped, tell
from analytics.errors import AnalyticsError
from analytics.store import interrupts

if TYPE_CHECKING:
    from analytics.sync import SyncReport

SUMMARY = "pull what is new in a Weave project"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--weave", required=True, metavar="ENTITY/PROJECT", help="project to pull")
    parser.add_argument(
        "--every",
        type=positive_seconds,
        metavar="SECONDS",
        help="pull again and again, until stopped",
    )
    semantics(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from time import sleep

    from analytics import sync
    from analytics.progress import Bar

    store = arguments.store or sync.default_store()
    presets = sync.choose_presets(arguments.semantics)

    def pull() -> "SyncReport":
        with Bar() as bar:
            return sync.sync_weave(store, arguments.weave, presets=presets, progress=bar.tell)

    print_report(pull())
    try:
        while arguments.every is not None:
            interrupts.check()
            sleep(arguments.every)
            try:
                with interrupts.heeded():
                    print_report(pull())
            except AnalyticsError as fault:
                tell(fault)  # The next pull may find the server back.
    except KeyboardInterrupt:
        say_stopped()
    return 0

"""patchpilot serve."""

import argparse
from importlib import import_module

from analytics.commands.arguments import semantics
from analytics.commands.stores import bring_up, chosen_store
from analytics.commands.talk import print_report
from analytics.errors import InputError
from analytics.store import interrupts

SUMMARY = "open the dashboard in a browser"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--data", nargs="+", metavar="PATH", help="import these first, and watch them"
    )
    parser.add_argument("--demo", action="store_true", help="show the bundled traces")
    parser.add_argument(
        "--host", default="127.0.0.1", help="default 127.0.0.1; others need a token"
    )
    parser.add_argument("--port", type=int, default=2718, help="default 2718")
    parser.add_argument("--token", help="what a viewer must know; or set PATCHPILOT_TOKEN")
    parser.add_argument("--open", action="store_true", help="open a browser window")
    semantics(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from analytics import sync

    if arguments.demo and arguments.data:
        raise InputError("--demo and --data exclude each other: show one or the other.")
    if arguments.semantics and not arguments.data:
        raise InputError("--semantics says how to read --data; name the data as well.")
    if arguments.data:
        from analytics.progress import Bar

        store = arguments.store or sync.default_store()
        presets = sync.choose_presets(arguments.semantics)
        with Bar() as bar:
            report = sync.import_paths(store, arguments.data, presets=presets, progress=bar.tell)
        print_report(report)
        choice = sync.StoreChoice(path=store, demo=False)
    else:
        choice = chosen_store(arguments)
    bring_up(choice.path)
    server = import_module("dashboard.server")
    server.main(
        choice,
        host=arguments.host,
        port=arguments.port,
        token=arguments.token,
        watch_paths=tuple(arguments.data or ()),
        open_browser=arguments.open,
    )
    interrupts.done()  # To be told to stop is how it ends.
    return 0

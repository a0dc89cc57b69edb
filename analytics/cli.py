"""The command line: patchpilot. Standard output is data, standard error is talk; heavy imports wait."""

import argparse
import sys
from collections.abc import Sequence
from io import TextIOWrapper

from analytics import __version__
from analytics.commands import (
    backup,
    changes,
    code,
    compact,
    doctor,
    export,
    formats,
    import_,
    map_,
    metrics,
    prices,
    prune,
    restore,
    serve,
    store,
    sync,
    verify,
    watch,
)
from analytics.errors import UNFINISHED, AnalyticsError
from analytics.store import interrupts
from analytics.store.location import Location

_COMMANDS = {
    "import": import_,
    "formats": formats,
    "map": map_,
    "sync": sync,
    "watch": watch,
    "verify": verify,
    "serve": serve,
    "export": export,
    "metrics": metrics,
    "changes": changes,
    "prices": prices,
    "code": code,
    "prune": prune,
    "compact": compact,
    "backup": backup,
    "restore": restore,
    "store": store,
    "doctor": doctor,
}
"""Every command, in the order in which help lists them, and the module that runs it."""

COMMANDS = {name: module.SUMMARY for name, module in _COMMANDS.items()}
"""Every command, with what it does."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal has no letters for is told by their numbers.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        arguments = _parser().parse_args(argv)
        with interrupts.listening(), interrupts.heeded():
            return arguments.run(arguments)
    except AnalyticsError as fault:
        print(f"patchpilot: {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"patchpilot: stopped; {UNFINISHED}.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output has left (a pager, head): nothing to say, and nobody to say it to.
        sys.stderr.close()
        return 141
    except OSError as fault:
        # A name that is too long, a disk that breaks: nobody nearer to it knew what to say.
        where = f"{str(fault.filename)[:200]}: " if fault.filename else ""
        print(
            f"patchpilot: {where}{fault.strerror or fault}; {UNFINISHED}.",
            file=sys.stderr,
        )
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="patchpilot",
        description="Is my agent getting better, and what should I change next? "
        "Answered from the traces of coding agents, on your own machine.",
    )
    parser.add_argument("--version", action="version", version=f"patchpilot {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, module in _COMMANDS.items():
        summary = module.SUMMARY
        command = commands.add_parser(
            name, help=summary, description=summary[0].upper() + summary[1:] + "."
        )
        command.set_defaults(run=module.run)
        command.add_argument(
            "--store",
            type=Location.of,
            metavar="STORE",
            help="a folder, or a team's ducklake:postgres:CONNECTION;data=FOLDER or s3://BUCKET/PREFIX; "
            "default PATCHPILOT_STORE, else data/store",
        )
        module.arguments(command)
    return parser

"""patchpilot import."""

import argparse

from analytics.commands.arguments import path, semantics
from analytics.commands.talk import print_report
from analytics.sources.table import BUNDLED as BUNDLED_MAPPINGS
from analytics.sources.table import load as load_mapping

SUMMARY = "import exported traces: files, folders, globs, -"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="file, folder, glob, or - for stdin"
    )
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--format", metavar="NAME", help="take every input for this format")
    kinds.add_argument(
        "--map",
        metavar="NAME|FILE",
        help=f"take every input for a table with this mapping ({', '.join(BUNDLED_MAPPINGS)}, "
        "or a TOML file of your own; see patchpilot map)",
    )
    parser.add_argument(
        "--strict", action="store_true", help="store nothing where a record is unreadable"
    )
    parser.add_argument(
        "--prices", type=path, metavar="FILE", help="use your own prices and budgets from now on"
    )
    semantics(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from analytics import pricing, sync
    from analytics.progress import Bar

    with Bar() as bar:
        report = sync.import_paths(
            arguments.store or sync.default_store(),
            arguments.paths,
            presets=sync.choose_presets(arguments.semantics),
            prices=pricing.read(arguments.prices) if arguments.prices else None,
            format_name=arguments.format,
            mapping=load_mapping(arguments.map) if arguments.map is not None else None,
            strict=arguments.strict,
            progress=bar.tell,
        )
    print_report(report)
    written = report.written
    read = written.new + written.changed + written.unchanged
    return 1 if read == 0 and written.rejected else 0

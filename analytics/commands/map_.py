"""patchpilot map."""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from analytics.commands.arguments import path
from analytics.errors import InputError

SUMMARY = "propose what the columns of a table of your own mean"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("file", metavar="FILE", help="CSV, TSV, JSON, JSONL, YAML, Parquet, SQLite")
    parser.add_argument(
        "--output", type=path, metavar="TOML", help="write it to a new file instead of printing it"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from analytics.sources import inputs
    from analytics.sources.table.propose import propose

    item, *others = inputs.find([arguments.file])
    if others:
        raise InputError(f"{arguments.file} is more than one file. Name the one to map.")
    with TemporaryDirectory(prefix="patchpilot-map-") as folder:
        proposed = propose(inputs.open_plain(item, Path(folder)), item.name)
    if arguments.output is None:
        print(proposed, end="")
        return 0
    try:
        with arguments.output.open("x", encoding="utf-8") as file:
            file.write(proposed)
    except FileExistsError as fault:
        raise InputError(f"{arguments.output} exists. Nothing was written over it.") from fault
    except OSError as fault:
        raise InputError(f"cannot write {arguments.output}: {fault.strerror}.") from fault
    print(
        f"{arguments.output}: check it, then patchpilot import {arguments.file} --map {arguments.output}"
    )
    return 0

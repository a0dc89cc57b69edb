"""Put a store under load for some minutes, and say what went wrong: readers beside a writer, or browsers.

Usage: python scripts/soak.py [--minutes 10] [--readers 8] [--size 20000] [--json FILE]
       python scripts/soak.py --browsers 20 [--imports 5] [--size 20000] [--json FILE]

The calls are generated and removed again. Exit code 1 where a read failed or gave numbers that contradict
each other, or where a browser did not show what was imported.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmark import fresh
from benchmark.soaking import sessions, soak
from chromium import find_chromium

LONGEST_MINUTES = 60.0


def main(argv: Sequence[str] | None = None) -> int:
    """Soak, print, and say by the exit code whether all was right."""
    arguments = _parser().parse_args(argv)
    print(
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, cores {os.cpu_count()}, load {os.getloadavg()[0]:.1f}"
    )
    with tempfile.TemporaryDirectory(prefix="patchpilot-soak-") as made:
        folder = Path(made)
        fresh.run("make", folder / "export", arguments.size)
        store, export = folder / "store", folder / "export"
        if arguments.browsers:
            browser = find_chromium()
            if browser is None:
                print(
                    "No Chromium or Google Chrome on this machine: nothing was measured.",
                    file=sys.stderr,
                )
                return 1
            found = sessions.watch(
                store, export, browser, count=arguments.browsers, imports=arguments.imports
            )
            print(sessions.report(found))
            failed = bool(found.faults)
        else:
            found = soak.soak(store, export, minutes=arguments.minutes, readers=arguments.readers)
            print(soak.report(found))
            failed = bool(found.errors() or found.inconsistent())
    if arguments.json:
        arguments.json.write_text(json.dumps(asdict(found), indent=1) + "\n", encoding="utf-8")
    return int(failed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=_minutes, default=10.0, metavar="N", help="default 10")
    parser.add_argument("--readers", type=_positive, default=8, metavar="N", help="default 8")
    parser.add_argument(
        "--browsers", type=_positive, metavar="N", help="open so many pages instead of readers"
    )
    parser.add_argument(
        "--imports", type=_positive, default=5, metavar="N", help="with --browsers, default 5"
    )
    parser.add_argument(
        "--size",
        type=_positive,
        default=20_000,
        metavar="N",
        help="calls at the start, default 20000",
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write what was found here as well"
    )
    return parser


def _positive(text: str) -> int:
    value = int(text.replace("_", ""))
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def _minutes(text: str) -> float:
    value = float(text)
    if not 0 < value <= LONGEST_MINUTES:
        raise argparse.ArgumentTypeError(f"must be above 0 and up to {LONGEST_MINUTES:.0f}")
    return value


if __name__ == "__main__":
    raise SystemExit(main())

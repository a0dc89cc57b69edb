"""Measure this checkout on this machine and print one table: speed, memory, sizes, beside their targets.

Usage: python scripts/bench.py [--size N ...] [--repeat 3] [--dir FOLDER] [--json FILE] [--only NAMES]
       python scripts/bench.py --peers [NAMES] [--size N ...] [--json FILE]

The calls are generated. Every figure is measured in this run; where one was measured more than once it is
the median, with the range in brackets. Nothing is left behind, unless --dir says where to keep it.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from shutil import rmtree

from benchmark import measure
from benchmark.rows import GROUPS, growth, table

DEFAULT_SIZES = (100_000, 1_000_000)
_PACKAGES = ("duckdb", "polars", "marimo")

_READ = """\
CPU is user and system time of the whole process; each import, copy and opening is a fresh process, Python's
own start included. Copy and import take turns; their ratios are ratios of medians. Memory is the peak of
the process. A refresh imports a file of {new} new calls and {changed} that changed, beside an open reader
(median of {refreshes} in one process). The full recompute works out every rollup of every trace from the
store's spans and facts into memory, and the same metrics from those; it writes nothing to the store, which
a refresh does. A target that names a size is judged at that size only."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and return 0 whatever the figures are."""
    arguments = _parser().parse_args(argv)
    began = datetime.now(UTC)
    load = os.getloadavg()[0]
    found: dict[int, measure.Found] = {}
    skipped: list[str] = []
    with _folder(arguments.dir) as folder:
        for size in sorted(set(arguments.size)):
            place = measure.Place(folder=folder / str(size), size=size, repeat=arguments.repeat)
            place.folder.mkdir(parents=True)
            found[size], left_out = measure.measure(
                place, arguments.only, lambda what, size=size: _tell(f"{size:,} calls: {what}")
            )
            skipped += [reason for reason in left_out if reason not in skipped]
            if arguments.dir is None:
                rmtree(place.folder)
    _add_growth(found)
    about = {
        "date": f"{began:%Y-%m-%d %H:%M} UTC",
        **_versions(),
        **_machine(),
        "load": f"{load:.1f}",
    }
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    print(f"\n{table(found)}\n")
    print("\n".join([*skipped, _read()]))
    if arguments.json:
        figures = {
            str(size): {name: asdict(figure) for name, figure in figures.items()}
            for size, figures in found.items()
        }
        report = {"about": about, "skipped": skipped, "figures": figures}
        arguments.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--size", type=_positive, nargs="+", default=DEFAULT_SIZES, metavar="N", help="calls"
    )
    parser.add_argument("--repeat", type=_positive, default=3, metavar="N", help="default 3")
    parser.add_argument("--dir", type=Path, metavar="FOLDER", help="keep the data here")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here as well")
    parser.add_argument(
        "--only", nargs="+", choices=GROUPS, default=GROUPS, metavar="NAME", help=", ".join(GROUPS)
    )
    return parser


def _positive(text: str) -> int:
    value = int(text.replace("_", ""))
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        yield kept.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="patchpilot-bench-") as made:
        yield Path(made)


def _add_growth(found: dict[int, measure.Found]) -> None:
    """Say how the cost of a refresh grows from each size to the next."""
    sizes = list(found)
    for pair in pairwise(sizes):
        smaller, larger = (found[size] for size in pair)
        for name in {"write", "refresh"} & smaller.keys() & larger.keys():
            larger[f"{name}_growth"] = growth(smaller[name], larger[name], pair)


def _versions() -> dict[str, str]:
    return {"Python": platform.python_version()} | {name: version(name) for name in _PACKAGES}


def _machine() -> dict[str, str]:
    pages, page_bytes = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "cores": str(os.cpu_count()),
        "memory": f"{pages * page_bytes / 1e9:.0f} GB",
        "CPU": _cpu_model(),
    }


def _cpu_model() -> str:
    described = Path("/proc/cpuinfo")
    if described.exists():
        for line in described.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _read() -> str:
    from benchmark.tasks import CHANGED_PER_BATCH, NEW_PER_BATCH

    return _READ.format(new=NEW_PER_BATCH, changed=CHANGED_PER_BATCH, refreshes=measure.REFRESHES)


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())

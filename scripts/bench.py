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
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from shutil import rmtree
from time import monotonic

from benchmark import measure
from benchmark.peers import compare
from benchmark.rows import GROUPS, Figures, growth, table

DEFAULT_SIZES = (100_000, 1_000_000)
_PACKAGES = ("duckdb", "polars", "marimo")

_READ = """\
CPU is user and system time of the whole process; each import, copy and opening is a fresh process, Python's
own start included, with what it imports compiled before. Copy and import take turns; their ratios are
ratios of medians. Memory is the peak of the process. A refresh imports a file of {new} new calls and
{changed} that changed, beside an open reader (median of {refreshes} in one process). The full recompute
works out every rollup of every trace from the store's spans and facts into memory, and the same metrics
from those; it writes nothing to the store, which a refresh does. Quantiles are exact everywhere. A chart's
size is that of its whole description with its data, of all pages over all runs; its marks are the rows of
its data. A target that names a size is judged at that size only; the power is a least-squares fit over all
sizes measured."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and return 0 whatever the figures are."""
    arguments = _parser().parse_args(argv)
    if arguments.peers is not None:
        arguments.peers = arguments.peers or list(compare.PEERS)
        return _against_peers(arguments)
    about = _about()
    tell = _clock()
    found: dict[int, measure.Found] = {}
    skipped: list[str] = []
    with _folder(arguments.dir) as folder:
        for size in sorted(set(arguments.size)):
            place = measure.Place(folder=folder / str(size), size=size, repeat=arguments.repeat)
            place.folder.mkdir(parents=True)
            found[size], left_out = measure.measure(
                place, arguments.only, lambda what, size=size: tell(f"{size:,} calls: {what}")
            )
            skipped += [reason for reason in left_out if reason not in skipped]
            if arguments.dir is None:
                rmtree(place.folder)
    print(_said(about))
    print(f"\n{table(found)}\n")
    print("\n".join([*skipped, _read()]))
    if arguments.json:
        figures = {
            str(size): {name: asdict(figure) for name, figure in figures.items()}
            for size, figures in found.items()
        }
        report = {"figures": figures, "growth": _exponents(found)}
        _write(arguments.json, {"about": about, "skipped": skipped, **report})
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
    parser.add_argument(
        "--peers",
        nargs="*",
        choices=list(compare.PEERS),
        metavar="NAME",
        help=f"measure other tools on the same calls instead: {', '.join(compare.PEERS)}",
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


def _against_peers(arguments: argparse.Namespace) -> int:
    """Measure peers and this project on the same calls, and print a table of their own."""
    about = _about()
    with _folder(arguments.dir) as folder:
        folder.mkdir(parents=True, exist_ok=True)
        found, skipped = compare.compare(folder, arguments.size, arguments.peers, _clock())
    print(_said(about))
    print(f"\n{compare.table(found)}\n" + "\n".join(skipped))
    if arguments.json:
        pairs = [{"peer": asdict(theirs), "ours": asdict(ours)} for theirs, ours in found]
        _write(arguments.json, {"about": about, "skipped": skipped, "peers": pairs})
    return 0


def _about() -> dict[str, str]:
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        **_versions(),
        **_machine(),
        "load": f"{os.getloadavg()[0]:.1f}",
    }


def _said(about: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in about.items())


def _exponents(found: Mapping[int, Figures]) -> dict[str, float]:
    """Return row -> the exponent of its growth, of the costs that have one."""
    costs = (row.name for rows in GROUPS.values() for row in rows if row.is_cost)
    return {name: exponent for name in costs if (exponent := growth(found, name)) is not None}


def _write(file: Path, report: Mapping[str, object]) -> None:
    file.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def _clock() -> Callable[[str], None]:
    """Return what tells progress, each time with the seconds since now."""
    began = monotonic()
    return lambda what: print(f"{monotonic() - began:7.1f} s  {what}", file=sys.stderr, flush=True)


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


if __name__ == "__main__":
    raise SystemExit(main())

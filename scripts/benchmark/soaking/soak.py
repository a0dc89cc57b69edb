"""One writer and several readers on one store for some minutes, and what came of it."""

import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

from benchmark import fresh
from benchmark.soaking.memory import Course, Sampler
from benchmark.soaking.tasks import CHANGED, NEW, READER_PAUSE_S, WRITER_PAUSE_S

READ_P95_S = 0.050
"""What one read should take."""
FLAT_SHARE = 0.05
"""Memory is flat where its growth in ten minutes, by the slope of the second half, is a smaller share."""
_PATIENCE_S = 120.0
_CAVEAT = f"""\
As pages do, a reader reads in one thread and looks for a new version in another, which loads what changed;
it waits {READER_PAUSE_S} s between two of either. A read is the headline numbers from memory; a look is
followed by a read, which is in its time. The writer imports {NEW} new calls and {CHANGED} that changed, and
waits {WRITER_PAUSE_S} s. A check holds a read against the other rollups, the spans and the imports of the
same commit, and against what every other reader saw of it; it is outside the time of a look. Memory is
resident memory. Its slope is of the second half of the time; flat is less than {FLAT_SHARE:.0%} in ten
minutes."""


@dataclass(frozen=True, kw_only=True)
class Soaked:
    """What a soak found."""

    minutes: float
    writer: dict[str, Any]
    readers: list[dict[str, Any]]
    """As their processes told; a process that did not end well told ``errors`` only."""
    memory: dict[str, Course]
    calls_before: int
    store: dict[str, int]
    """Calls, snapshots, files and bytes at the end."""

    def errors(self) -> list[str]:
        """Return everything that went wrong."""
        return [error for told in (self.writer, *self.readers) for error in told["errors"]]

    def inconsistent(self) -> list[str]:
        """Return every number that another one contradicts."""
        found = [wrong for told in self.readers for wrong in told.get("inconsistent", ())]
        seen: dict[str, Any] = {}
        for told in self.readers:
            for snapshot, numbers in told.get("seen", {}).items():
                if seen.setdefault(snapshot, numbers) != numbers:
                    found.append(
                        f"snapshot {snapshot} is {seen[snapshot]} to one reader, {numbers} to another"
                    )
        return found


def soak(store: Path, export: Path, *, minutes: float, readers: int) -> Soaked:
    """Import an export, then let a writer and some readers loose on the store.

    Raises:
        fresh.TaskFailed: the first import failed.
    """
    before = fresh.run("import_export", store, export).told["calls"]
    until = time.time() + minutes * 60
    roles = ["write", *["read"] * readers]
    processes = [_start(role, store, until) for role in roles]
    sampler = Sampler(process.pid for process in processes)
    told = [_told(process, until) for process in processes]
    courses = sampler.stop()
    numbers = Counter[str]()
    names = []
    for role in roles:
        numbers[role] += 1
        names.append("writer" if role == "write" else f"reader {numbers[role]}")
    return Soaked(
        minutes=minutes,
        writer=told[0],
        readers=told[1:],
        memory=dict(zip(names, courses.values(), strict=True)),
        calls_before=before,
        store=fresh.run("describe", store).told,
    )


def report(found: Soaked) -> str:
    """Return what a soak found, as Markdown."""
    same = [s for told in found.readers for s in told.get("same", ())]
    new = [s for told in found.readers for s in told.get("new", ())]
    reads = [s for told in found.readers for s in told.get("reads", ())]
    p95 = percentile(reads, 95)
    judged = "—" if p95 is None else "met" if p95 <= READ_P95_S else "missed"
    rows = [
        ("Minutes, readers", f"{found.minutes:g}, {len(found.readers)}"),
        ("Imports", f"{len(found.writer.get('seconds', ())):,}"),
        ("Import", spread(found.writer.get("seconds", ()))),
        ("Reads", f"{len(reads):,}"),
        ("Looks", f"{len(same) + len(new):,}, of them {len(new):,} that found a new version"),
        ("Errors (target 0)", f"{len(found.errors()):,}"),
        (
            "Inconsistent reads (target 0)",
            f"{len(found.inconsistent()):,} in {sum(t.get('checked', 0) for t in found.readers):,} checked",
        ),
        (f"Read (target: p95 ≤ {READ_P95_S * 1e3:.0f} ms)", f"{spread(reads)}: {judged}"),
        ("Look and read, nothing new", spread(same)),
        ("Look that loads a new version, and read", spread(new)),
        ("Calls in the store", f"{found.calls_before:,} at the start, {found.store['calls']:,} at the end"),
        (
            "Snapshots, files, size at the end",
            f"{found.store['snapshots']:,}, {found.store['files']:,}, {found.store['bytes'] / 1e6:,.0f} MB",
        ),
    ]  # fmt: skip
    lines = [
        "| measured | value |",
        "| --- | --- |",
        *(f"| {name} | {value} |" for name, value in rows),
    ]
    lines += [
        "",
        "| memory, MB | start | middle | end | a minute |",
        "| --- | ---: | ---: | ---: | --- |",
    ]
    for name, course in found.memory.items():
        held = (_megabytes(course.at(share)) for share in (0.0, 0.5, 1.0))
        lines.append(f"| {name} | {' | '.join(held)} | {_slope(course)} |")
    faults = Counter([*found.errors(), *found.inconsistent()])
    lines += ["", *(f"{count} times: {fault}" for fault, count in faults.most_common(10))]
    return "\n".join([*lines, _CAVEAT])


def percentile(values: list[float], percent: int) -> float | None:
    """Return a percentile, or None of nothing."""
    if len(values) < 2:
        return values[0] if values else None
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def spread(values: "list[float] | tuple[float, ...]") -> str:
    """Say median, 95th percentile and maximum in milliseconds."""
    own = list(values)
    if not own:
        return "—"
    p50, p95 = (percentile(own, percent) or 0.0 for percent in (50, 95))
    return f"p50 {p50 * 1e3:,.0f} ms, p95 {p95 * 1e3:,.0f} ms, max {max(own) * 1e3:,.0f} ms"


def _start(role: str, store: Path, until: float) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "benchmark.soaking.tasks", role, str(store), str(until)],
        env=fresh.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _told(process: "subprocess.Popen[str]", until: float) -> dict[str, Any]:
    """Wait for a process and return what it told; one that hangs is ended."""
    try:
        said, faults = process.communicate(timeout=max(until - time.time(), 0) + _PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return {"errors": [f"a process did not end within {_PATIENCE_S:.0f} s of its time"]}
    if process.returncode:
        return {"errors": [f"a process ended with {process.returncode}: {faults.strip()[-500:]}"]}
    return json.loads(said)


def _slope(course: Course) -> str:
    slope, held = course.slope(), course.at(1.0)
    if slope is None or not held:
        return "—"
    flat = slope * 10 <= held * FLAT_SHARE
    return f"{slope / 1e6:+.2f}, {'flat' if flat else 'grows'}"


def _megabytes(held: int | None) -> str:
    return "—" if held is None else f"{held / 1e6:,.0f}"

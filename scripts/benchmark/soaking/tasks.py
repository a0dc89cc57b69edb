"""The processes of a soak: each works until a given time and prints, as JSON, what it saw.

Usage: python -m benchmark.soaking.tasks write|read STORE UNTIL
"""

import json
import sys
import time
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING, Any

from benchmark import generate

if TYPE_CHECKING:
    from analytics.store.reader import Reader, Version

NEW, CHANGED = 950, 50
"""Calls of one batch."""
WRITER_PAUSE_S = 0.5
READER_PAUSE_S = 0.25
_CHECK_EVERY = 8
"""Looks that find nothing new between two that are checked."""

Told = dict[str, Any]


def write(store: str, until: str) -> Told:
    """Import a batch of new and changed calls, pause, and again."""
    from analytics import sync

    told: Told = {"seconds": [], "errors": [], "calls": 0}
    recent: list[str] = []
    number = 0
    with TemporaryDirectory(prefix="patchpilot-soak-batch-") as folder:
        while time.time() < float(until):
            number += 1
            new = batch(number)
            file = Path(folder) / f"batch-{number}.jsonl"
            file.write_text("".join([*new, *generate.changed(recent[-CHANGED:])]), encoding="utf-8")
            began = time.perf_counter()
            try:
                written = sync.import_paths(Path(store), [str(file)]).written
                told["calls"] += written.new
            except Exception as fault:  # noqa: BLE001 - whatever goes wrong is what a soak looks for
                told["errors"].append(f"{type(fault).__name__}: {fault}")
            told["seconds"].append(time.perf_counter() - began)
            file.unlink()
            recent = new
            time.sleep(WRITER_PAUSE_S)
    return told


def batch(number: int) -> list[str]:
    """Return the new calls of a batch; every number gives others."""
    stream = generate.calls(NEW, seed=1_000_000 + number, start=generate.END, end=generate.LATEST)
    return list(islice(stream, NEW))


def read(store: str, until: str) -> Told:
    """Read the headline numbers again and again, while another thread looks for new versions, as pages do.

    Returns:
        Seconds of the reads; of the looks, a read included, that met the version of before, and of those that
        loaded a new one; what went wrong; and the numbers of every version seen, so that readers can be held
        against each other.
    """
    from analytics.store.reader import Reader

    reader = Reader(Path(store))
    told: Told = {"errors": [], "inconsistent": [], "checked": 0, "seen": {}}
    told |= {"reads": [], "same": [], "new": []}
    first = _look(reader, None, told, check=True)
    looking = Thread(target=_keep_looking, args=(reader, first, float(until), told))
    looking.start()
    found: set[tuple[Any, ...]] = set()
    while looking.is_alive():
        try:
            began = time.perf_counter()
            numbers = _headline(reader)
            told["reads"].append(time.perf_counter() - began)
            found.add(tuple(numbers.items()))
        except Exception as fault:  # noqa: BLE001 - whatever goes wrong is what a soak looks for
            told["errors"].append(f"{type(fault).__name__}: {fault}")
        looking.join(READER_PAUSE_S)
    reader.close()
    whole = {tuple(numbers.items()) for numbers in told["seen"].values()}
    told["inconsistent"] += [f"{dict(numbers)} is no version's" for numbers in found - whole]
    return told


def _keep_looking(reader: "Reader", before: "Version | None", until: float, told: Told) -> None:
    number = 0
    while time.time() < until:
        number += 1
        time.sleep(READER_PAUSE_S)
        before = _look(reader, before, told, check=number % _CHECK_EVERY == 0)


def _look(
    reader: "Reader", before: "Version | None", told: Told, *, check: bool
) -> "Version | None":
    """Look for a new version, read the headline numbers, and check them where they are new or it is asked."""
    try:
        began = time.perf_counter()
        version = reader.poll()
        numbers = _headline(reader)
        seconds = time.perf_counter() - began
        told["same" if version == before else "new"].append(seconds)
        if version != before or check:
            _check(reader, version, numbers, told)
    except Exception as fault:  # noqa: BLE001 - whatever goes wrong is what a soak looks for
        told["errors"].append(f"{type(fault).__name__}: {fault}")
        return before
    return version


def _headline(reader: "Reader") -> Told:
    from analytics.store import tables

    with tables.consistent(reader) as con:
        return _one(con, "headline")


def _check(reader: "Reader", version: "Version", numbers: Told, told: Told) -> None:
    """Hold what was read against the other rollups, and against the spans of the same commit."""
    from analytics.store import lake, tables

    told["checked"] += 1
    wrong = told["inconsistent"]
    known = told["seen"].setdefault(str(version.snapshot), numbers)
    if known != numbers:
        wrong.append(f"snapshot {version.snapshot} gave {known}, then {numbers}")
    with tables.consistent(reader) as con:
        usage = _one(con, "from_usage")
    con = lake.connect(reader.store, read_only=True, snapshot=version.snapshot)
    try:
        stored = _one(con, "from_spans")
    finally:
        con.close()
    for source, found in (("usage", usage), ("spans", stored)):
        for name, value in found.items():
            expected = numbers["spans" if name == "imported" else name]
            if value != expected:
                wrong.append(
                    f"snapshot {version.snapshot}: {name} is {expected} by runs, {value} by {source}"
                )


def _one(con: Any, name: str) -> Told:  # noqa: ANN401 - a DuckDB connection or cursor
    found = con.execute(Path(__file__).with_name(f"{name}.sql").read_text("utf-8"))
    names = [column[0] for column in found.description]
    return {
        name: float(value) if isinstance(value, float) else int(value or 0)
        for name, value in zip(names, found.fetchone(), strict=True)
    }


if __name__ == "__main__":
    print(json.dumps({"write": write, "read": read}[sys.argv[1]](*sys.argv[2:])))

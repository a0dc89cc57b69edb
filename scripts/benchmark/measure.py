"""Measures one size of export: each group of rows a function from a place to figures."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

from chromium import find_chromium

from benchmark import fresh
from benchmark.rows import Figure

REFRESHES = 9
_RECOMPUTES = 3
_RECORD_ROUNDS = 10


class SkippedError(Exception):
    """Why a group cannot be measured here."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one size is measured."""

    folder: Path
    size: int
    repeat: int

    @property
    def export(self) -> Path:
        """The folder of the raw export."""
        return self.folder / "export"

    @property
    def store(self) -> Path:
        """The store that the export was imported into."""
        return self.folder / "store"


Found = dict[str, Figure]


def ingest(place: Place) -> Found:
    """Copy and import in turn, each in a fresh process."""
    copies, imports = [], []
    for _ in range(place.repeat):
        copies.append(_copy(place))
        rmtree(place.store, ignore_errors=True)
        imports.append(fresh.run("import_export", place.store, place.export))
    raw = sum(file.stat().st_size for file in place.export.iterdir())
    stored = imports[-1].told["bytes"]
    found = {
        "raw": Figure(value=raw),
        "copy_wall": Figure.of([spent.wall_s for spent in copies]),
        "copy_cpu": Figure.of([spent.cpu_s for spent in copies]),
        "copy_peak": Figure.of([spent.peak_bytes for spent in copies]),
        "import_wall": Figure.of([spent.wall_s for spent in imports]),
        "import_cpu": Figure.of([spent.cpu_s for spent in imports]),
        "import_peak": Figure.of([spent.peak_bytes for spent in imports]),
        "store_ratio": Figure(value=raw / stored),
        "prepared": Figure(value=imports[-1].told["prepared"]),
    }
    return found | {
        "import_rate": Figure(value=place.size / found["import_wall"].value),
        "wall_ratio": _ratio(found["import_wall"], found["copy_wall"]),
        "cpu_ratio": _ratio(found["import_cpu"], found["copy_cpu"]),
    }


def mixed(place: Place) -> Found:
    """Import as many calls from a folder of several formats, in a fresh process."""
    folder, store = place.folder / "mixed", place.folder / "mixed-store"
    fresh.run("make_mixed", folder, place.size)
    imports = []
    for _ in range(place.repeat):
        rmtree(store, ignore_errors=True)
        imports.append(fresh.run("import_export", store, folder))
    rmtree(folder)
    rmtree(store)
    return {
        "mixed_wall": Figure.of([spent.wall_s for spent in imports]),
        "mixed_peak": Figure.of([spent.peak_bytes for spent in imports]),
    }


def cold(place: Place) -> Found:
    """Go from the raw export to all metrics in one fresh process, in turn with the bare copy."""
    copies, runs = [], []
    for _ in range(place.repeat):
        copies.append(_copy(place))
        draft = place.folder / "cold"
        runs.append(fresh.run("import_and_measure", draft, place.export))
        rmtree(draft)
    wall = Figure.of([spent.wall_s for spent in runs])
    return {
        "cold_wall": wall,
        "cold_cpu": Figure.of([spent.cpu_s for spent in runs]),
        "cold_peak": Figure.of([spent.peak_bytes for spent in runs]),
        "cold_ratio": _ratio(wall, Figure.of([spent.wall_s for spent in copies])),
    }


def open_store(place: Place) -> Found:
    """Open the store in fresh processes."""
    spent = [fresh.run("open_and_measure", place.store) for _ in range(place.repeat)]
    return {"open": Figure.of([each.wall_s for each in spent])}


def poll(place: Place) -> Found:
    """Look for news where there are none."""
    return {"poll": Figure.of(fresh.run("poll", place.store).told["seconds"])}


def trace(place: Place) -> Found:
    """Fetch single traces."""
    told = fresh.run("open_traces", place.store).told
    return {
        "tree": Figure.of(told["trace_tree"]),
        "payloads": Figure.of(told["trace_payloads"]),
    }


def long(place: Place) -> Found:
    """Open one long trace, which has a store of its own."""
    told = fresh.run("open_long_trace", place.folder).told
    return {"long": Figure.of(told["seconds"])}


def start(place: Place) -> Found:
    """Start the dashboard and look at it."""
    _needs("dashboard/server.py", "dashboard/app.py")
    browser = find_chromium()
    if browser is None:
        raise SkippedError("no Chromium or Google Chrome on this machine")
    starts = fresh.run("start_server", place.store, browser).told["starts"]
    return {
        f"{name}_{number}": Figure(value=seconds[key])
        for number, seconds in enumerate(starts, start=1)
        for name, key in (("health", "healthy"), ("card", "card"))
    }


def export(place: Place) -> Found:
    """Write the self-contained page in a fresh process."""
    _needs("dashboard/share.py")
    page = place.folder / "page.html"
    spent = fresh.run("export_page", place.store, page)
    page.unlink()
    return {"page_wall": Figure(value=spent.wall_s), "page_size": Figure(value=spent.told["bytes"])}


def pages(place: Place) -> Found:
    """Run every page over the whole store, and look at what it sends."""
    _needs("dashboard/app.py")
    told = fresh.run("look_at_pages", place.store).told
    return {
        "chart_size": Figure(value=max(told["bytes"])),
        "chart_marks": Figure(value=max(told["marks"])),
        "table_rows": Figure(value=max(told["rows"])),
    }


def record(place: Place) -> Found:
    """Record runs in fresh processes."""
    told = []
    for _ in range(place.repeat):
        folder = place.folder / "records"
        told.append(fresh.run("record_steps", folder, _RECORD_ROUNDS).told)
        rmtree(folder)
    if dropped := sum(each["dropped"] for each in told):
        raise SkippedError(f"{dropped} times some events were dropped")
    return {
        f"record_{name}": Figure.of([each[name] for each in told])
        for name in ("median", "p99", "rate")
    }


def refresh(place: Place) -> Found:
    """Add to the store, time and again, and then work everything out anew."""
    batches = place.folder / "batches"
    rmtree(batches, ignore_errors=True)
    fresh.run("make_batches", place.export, batches, REFRESHES)
    told = fresh.run("refresh", place.store, batches).told
    rmtree(batches)
    parts = zip(told["write"], told["reload"], told["metrics"], strict=True)
    total = Figure.of([sum(part) for part in parts])
    again = fresh.run("recompute", place.store, _RECOMPUTES).told
    recompute = Figure.of(again["seconds"])
    return {
        "write": Figure.of(told["write"]),
        "reload": Figure.of(told["reload"]),
        "metrics": Figure.of(told["metrics"]),
        "refresh": total,
        "refresh_cpu": Figure.of(told["cpu"]),
        "recompute": recompute,
        "recompute_cpu": Figure(value=again["cpu"]),
        "recompute_ratio": _ratio(recompute, total),
        "differing": Figure(value=again["differing"]),
    }


_MEASURES: dict[str, Callable[[Place], Found]] = {
    "ingest": ingest,
    "mixed": mixed,
    "cold": cold,
    "open": open_store,
    "poll": poll,
    "trace": trace,
    "long": long,
    "start": start,
    "export": export,
    "pages": pages,
    "record": record,
    "refresh": refresh,
}
"""In the order in which they are measured: the last one changes the store."""


def measure(
    place: Place, groups: Iterable[str], told: Callable[[str], None]
) -> tuple[Found, list[str]]:
    """Measure some groups; return what was found, and why groups were left out.

    Raises:
        fresh.TaskFailed: the export could not be made or imported.
    """
    told("making the export")
    fresh.run("make", place.export, place.size)
    chosen = [name for name in _MEASURES if name in set(groups)]
    if "ingest" not in chosen:
        fresh.run("import_export", place.store, place.export)
    found: Found = {}
    skipped = []
    for name in chosen:
        told(name)
        try:
            found |= _MEASURES[name](place)
        except (SkippedError, fresh.TaskFailed) as reason:
            if name == "ingest":
                raise
            skipped.append(f"{name} was not measured: {str(reason).splitlines()[-1]}.")
    return found, skipped


def _copy(place: Place) -> fresh.Spent:
    target = place.folder / "copy.parquet"
    spent = fresh.run("copy_bare", place.export, target)
    target.unlink()
    return spent


def _needs(*files: str) -> None:
    for file in files:
        if not (fresh.ROOT / file).exists():
            raise SkippedError(f"{file} is absent")


def _ratio(above: Figure, below: Figure) -> Figure:
    """Return the ratio of two medians."""
    return Figure(value=above.value / below.value)

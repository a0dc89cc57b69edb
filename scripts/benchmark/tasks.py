"""What the benchmark runs in fresh processes: each task prints what it found as JSON.

Usage: python -m benchmark.tasks TASK [ARGUMENT ...]
"""

import json
import sys
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time, time
from typing import TYPE_CHECKING, Any

from benchmark import generate, long_trace

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from analytics.metrics.aggregates import Estimate
    from analytics.store.reader import Reader

Told = dict[str, Any]

NEW_PER_BATCH, CHANGED_PER_BATCH = 950, 50
_POLLS = 200
_TRACES = 20
_LEVEL_ROWS = 25
_TAIL_BYTES = 1_000_000


def make(folder: str, size: str) -> Told:
    """Write the export, one file per million calls."""
    files = generate.write(Path(folder), int(size))
    return {"bytes": sum(file.stat().st_size for file in files)}


def make_batches(export: str, folder: str, count: str) -> Told:
    """Write what arrives behind an export: per batch new calls, and recent ones changed since."""
    last = max(Path(export).iterdir())
    with last.open("rb") as file:
        file.seek(max(last.stat().st_size - _TAIL_BYTES, 0))
        recent = file.read().decode("utf-8", "ignore").splitlines()[1:]
    stream = generate.calls(
        NEW_PER_BATCH * int(count), seed=1, start=generate.END, end=generate.LATEST
    )
    Path(folder).mkdir()
    for number in range(int(count)):
        new = list(islice(stream, NEW_PER_BATCH))
        changed = generate.changed(recent[-CHANGED_PER_BATCH:])
        file = Path(folder) / f"batch-{number:02d}.jsonl"
        file.write_text("".join([*new, *changed]), encoding="utf-8")
        recent = new
    return {}


def make_mixed(folder: str, size: str) -> Told:
    """Write as many calls again, in several formats."""
    from benchmark import mixed

    files = mixed.write(Path(folder), int(size))
    return {"bytes": sum(file.stat().st_size for file in files)}


def copy_bare(export: str, target: str) -> Told:
    """Let DuckDB alone turn the export into Parquet: JSON read, columns written, nothing else."""
    import duckdb

    from analytics.sources.weave.calls import RAW

    duckdb.read_json(
        str(Path(export) / "*.jsonl"), columns=RAW, format="newline_delimited"
    ).write_parquet(target, compression="zstd")
    return {"bytes": Path(target).stat().st_size}


def import_export(store: str, export: str) -> Told:
    """Import the export into a store of its own."""
    from analytics import sync

    written = sync.import_paths(Path(store), [export]).written
    prepared = _bytes(Path(store) / "prepared")
    return {"calls": written.new, "bytes": _bytes(Path(store)), "prepared": prepared}


def import_and_stamp(store: str, file: str) -> Told:
    """Import one file, and say when that was over, in seconds of the epoch."""
    from analytics import sync

    sync.import_paths(Path(store), [file])
    return {"at": time()}


def describe(store: str) -> Told:
    """Say how much a store holds."""
    from analytics.store import lake

    con = lake.connect(Path(store), read_only=True)
    row = con.execute(_sql("store_size")).fetchone()
    con.close()
    assert row is not None
    files = [path for path in Path(store).rglob("*") if path.is_file()]
    sizes = {"files": len(files), "bytes": sum(path.stat().st_size for path in files)}
    return {"calls": row[0], "snapshots": row[1], **sizes}


def import_and_measure(store: str, export: str) -> Told:
    """Go from the raw export to every metric."""
    from analytics import sync

    sync.import_paths(Path(store), [export])
    return open_and_measure(store)


def open_and_measure(store: str) -> Told:
    """Open a store and work out every metric."""
    reader = _reader(store)
    found = _measure_all(reader)
    return {"metrics": len(found), "runs": found["runs"].value}


def import_and_compare(store: str, export: str) -> Told:
    """Go from an export to the numbers that peers work out, and then to every metric."""
    from analytics import sync

    began = perf_counter()
    sync.import_paths(Path(store), [export])
    loaded = perf_counter()
    reader = _reader(store)
    with reader.cursor() as cursor:
        row = cursor.execute(_sql("subset")).fetchone()
    assert row is not None
    worked_out = perf_counter()
    metrics = len(_measure_all(reader))
    return {
        "load_s": loaded - began,
        "metrics_s": worked_out - loaded,
        "all_s": perf_counter() - worked_out,
        "all_metrics": metrics,
        "subset": json.loads(row[0]),
    }


def make_finished(folder: str, size: str) -> Told:
    """Write the calls that ended, as tracing libraries do: they send nothing else."""
    lines = (line for line in generate.calls(int(size)) if json.loads(line)["ended_at"])
    Path(folder).mkdir(parents=True)
    with (Path(folder) / "calls.jsonl").open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(islice(lines, int(size)))
    return {}


def poll(store: str) -> Told:
    """Look for news where there are none, again and again."""
    reader = _reader(store)
    return {"seconds": [_seconds(reader.poll) for _ in range(_POLLS)]}


def open_traces(store: str) -> Told:
    """Fetch the spans of single traces, and their payloads."""
    reader = _reader(store)
    with reader.cursor() as cursor:
        traces = cursor.execute(_sql("some_traces"), [_TRACES]).fetchall()
        return {
            name: [_seconds(partial(_fetch, cursor, name, list(trace))) for trace in traces]
            for name in ("trace_tree", "trace_payloads")
        }


def open_long_trace(folder: str) -> Told:
    """Import one long trace, and read of it all that its page shows at first, time and again."""
    from analytics import sync
    from analytics.store import run_tables, tables

    file, store = Path(folder) / "long.jsonl", Path(folder) / "long-store"
    run_id = long_trace.write(file)
    sync.import_paths(store, [str(file)])
    reader = _reader(str(store))

    def open_it() -> None:
        with tables.consistent(reader) as con:
            run = tables.run(con, "weave", run_id)
            assert run is not None
            run_tables.story(con, run)
            run_tables.level(con, run, {run_tables.TOP: _LEVEL_ROWS, run_id: _LEVEL_ROWS})

    return {"seconds": [_seconds(open_it) for _ in range(_TRACES)]}


def refresh(store: str, folder: str) -> Told:
    """Import batch after batch beside an open reader, which works out every metric each time."""
    from analytics import sync

    reader = _reader(store)
    _measure_all(reader)
    told: Told = {"write": [], "reload": [], "metrics": [], "cpu": []}
    for batch in sorted(Path(folder).iterdir()):
        began_cpu = process_time()
        told["write"].append(_seconds(partial(sync.import_paths, Path(store), [str(batch)])))
        told["reload"].append(_seconds(reader.poll))
        told["metrics"].append(_seconds(partial(_measure_all, reader)))
        told["cpu"].append(process_time() - began_cpu)
    return told


def recompute(store: str, times: str) -> Told:
    """Work out every rollup of the store anew, in memory, and every metric from those.

    Nothing is written to the store: what refreshing costs there, recomputing does not pay. Tells also
    how many rows the refreshed rollups and these differ in.
    """
    reader = _reader(store)
    with reader.cursor() as cursor:
        began_cpu = process_time()
        seconds = [_seconds(partial(_recompute, cursor)) for _ in range(int(times))]
        cpu = (process_time() - began_cpu) / int(times)
        row = cursor.execute(_sql("differences")).fetchone()
    assert row is not None
    return {"seconds": seconds, "cpu": cpu, "differing": int(row[0])}


def _recompute(cursor: "DuckDBPyConnection") -> None:
    from analytics.metrics.catalog import CATALOG
    from analytics.metrics.evaluate import measure
    from analytics.store import lake
    from analytics.store import refresh as rollups
    from analytics.store.loading import hold_all

    presets = lake.presets(cursor)
    roots_are_runs = any(preset.root_is_run for preset in presets)
    cursor.execute("SET VARIABLE roots_are_runs = $1", [roots_are_runs])
    cursor.execute(lake.statement("statements", "all_ids"))
    cursor.execute(_sql("touch_all"))
    rollups.work_out(cursor, presets, lake.price_list(cursor))
    cursor.execute(_sql("take_recomputed"))
    hold_all(cursor, "new_{}")
    measure(cursor, CATALOG)


def export_page(store: str, target: str) -> Told:
    """Write the self-contained page."""
    from analytics import cli

    # Standard output is this task's answer.
    sys.stdout, answer = sys.stderr, sys.stdout
    code = cli.main(["export", "--store", store, "--html", target])
    sys.stdout = answer
    if code:
        raise SystemExit(code)
    return {"bytes": Path(target).stat().st_size}


def look_at_pages(store: str) -> Told:
    """Run every page, and tell what it sends."""
    from benchmark import pages

    return pages.sent(Path(store))


def start_server(store: str, browser: str) -> Told:
    """Start the server and look at its first page, twice."""
    from benchmark.startup import started

    return {"starts": started(Path(store), browser)}


def record_steps(folder: str, rounds: str) -> Told:
    """Record steps of a run, round after round."""
    from benchmark import recording

    return recording.record_steps(Path(folder), int(rounds))


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _reader(store: str) -> "Reader":
    from analytics.store.reader import Reader

    return Reader(Path(store), now=generate.LATEST)


def _measure_all(reader: "Reader") -> "dict[str, Estimate]":
    from analytics.metrics.catalog import CATALOG
    from analytics.metrics.evaluate import measure

    with reader.cursor() as cursor:
        return measure(cursor, CATALOG)


def _fetch(cursor: "DuckDBPyConnection", name: str, parameters: list[Any]) -> None:
    cursor.execute(_sql(name), parameters).fetchall()


def _seconds(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def _sql(name: str) -> str:
    return Path(__file__).with_name(f"{name}.sql").read_text("utf-8")


TASKS = {
    task.__name__: task
    for task in (make, make_finished, make_mixed, make_batches, copy_bare, import_export,
                 import_and_stamp, describe, import_and_measure, import_and_compare, open_and_measure,
                 poll, open_traces, open_long_trace, refresh, recompute, export_page, look_at_pages,
                 start_server,
                 record_steps)
}  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](*sys.argv[2:])))

"""Every peer on its calls, and this project on the same ones: load, numbers, memory, agreement."""

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING

from benchmark import fresh
from benchmark.peers.environments import NotInstalled, python_of
from benchmark.peers.subset import NUMBERS, differences

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

READ = f"""\
Each row is the same calls by the peer and by us, in fresh processes. Load is from the export to what the
numbers are read from; numbers are the {len(NUMBERS)} of benchmark/peers/subset.py; "all" is every metric of
ours after them. Seconds are inside the process: Python's start is in none of them, the loading of a peer's
own library neither, of ours it is. CPU is of the whole process, every metric of ours included, a peer's
server not. Memory is the peak of the process, and of a peer's server what it holds at the end.
Calls a second is calls over load and numbers. pandas and polars read the whole export; tracing servers
take the calls that ended, as their libraries send no others."""


@dataclass(frozen=True, kw_only=True)
class Peer:
    """One other tool."""

    title: str
    module: str
    most: int
    """Calls at most: more takes it hours or more memory than there is."""
    does_more: str
    """What it does that an import of ours does not, in one sentence."""
    finished_only: bool = False
    needs_folder: bool = False
    needs_weave_server: bool = False


PEERS = {
    "pandas": Peer(
        title="pandas: json.loads, json_normalize, groupby",
        module="pandas_way",
        most=1_000_000,
        does_more="Nothing is kept: every look reads the export again.",
    ),
    "polars": Peer(
        title="polars: scan_ndjson, group_by",
        module="polars_way",
        most=1_000_000,
        does_more="Nothing is kept, and payloads are never looked at.",
    ),
    "weave": Peer(
        title="Weave: get_calls().to_pandas() from its server on loopback",
        module="weave_sdk",
        most=30_000,
        does_more="Calls are typed objects that resolve references; the server is live and has a UI.",
        finished_only=True,
        needs_weave_server=True,
    ),
    "phoenix": Peer(
        title="Arize Phoenix: OTLP over HTTP into its SQLite, get_spans_dataframe",
        module="phoenix_server",
        most=10_000,
        does_more="A live server that takes one span at a time, with a UI, evaluations and annotations.",
        finished_only=True,
        needs_folder=True,
    ),
    "mlflow": Peer(
        title="MLflow: log_spans into its SQLite, search_traces",
        module="mlflow_store",
        most=20_000,
        does_more="A live tracking server with a UI, evaluations and an archive of traces.",
        finished_only=True,
        needs_folder=True,
    ),
}
"""Name -> peer, in the order of the table; their pins stand in ``environments``."""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """One peer at one size, or this project on the same calls."""

    name: str
    calls: int
    load_s: float
    metrics_s: float
    all_s: float | None
    cpu_s: float
    """Of the whole process, its start included; of a peer's server, nothing."""
    peak_bytes: int
    server_bytes: int | None
    version: str
    differs: list[str]
    """Numbers that are not ours; none where they agree."""


def compare(
    folder: Path, sizes: Iterable[int], names: Sequence[str], told: Callable[[str], None]
) -> tuple[list[tuple[Ran, Ran]], list[str]]:
    """Run peers and this project on the same calls.

    Args:
        folder: where exports and stores are made, and removed again.
        sizes: calls; a peer that cannot take as many gets as many as it can.
        names: peers.
        told: is told what is being done.

    Returns:
        Per peer and size what the peer did and what we did, and why peers were left out.
    """
    found: list[tuple[Ran, Ran]] = []
    skipped: list[str] = []
    own: dict[tuple[int, bool], fresh.Spent] = {}
    for name in names:
        peer = PEERS[name]
        for size in sorted({min(size, peer.most) for size in sizes}):
            told(f"{name}: {size:,} calls")
            key = (size, peer.finished_only)
            export = folder / f"{'finished' if peer.finished_only else 'calls'}-{size}"
            try:
                python = python_of(name)
                _make(export, size, finished_only=peer.finished_only)
                if key not in own:
                    own[key] = _own(folder / "own", export)
                spent = _run(peer, python, folder, export)
            except (NotInstalled, fresh.TaskFailed, OSError, RuntimeError) as reason:
                said = str(reason).strip().splitlines() or [type(reason).__name__]
                skipped.append(f"{peer.title} was not measured: {said[-1]}")
                break
            ours = own[key]
            theirs = _ran(name, spent, differences(ours.told["subset"], spent.told["subset"]))
            found.append((theirs, _ran("ours", ours, [])))
        _drop(folder, names, name, own)
    return found, skipped


def table(found: Iterable[tuple[Ran, Ran]]) -> str:
    """Return the Markdown table: a row per peer and size, this project beside it."""
    head = [
        "peer", "calls", "load", "numbers", "ours: load", "ours: numbers (all)", "peer : ours",
        "calls a second (ours)", "CPU (ours)", "memory (ours)", "agrees", "what it does more",
    ]  # fmt: skip
    lines = [head, ["---", *["---:"] * 9, "---", "---"]]
    for theirs, ours in found:
        memory = f"{theirs.peak_bytes / 1e6:,.0f} MB"
        if theirs.server_bytes is not None:
            memory += f" + server {theirs.server_bytes / 1e6:,.0f} MB"
        both = theirs.load_s + theirs.metrics_s
        own = ours.load_s + ours.metrics_s
        numbers = f"{ours.metrics_s:.2f} s" + (
            "" if ours.all_s is None else f" (+{ours.all_s:.2f} s)"
        )
        lines.append(
            [
                f"{PEERS[theirs.name].title}, {theirs.version}",
                f"{theirs.calls:,}",
                f"{theirs.load_s:.2f} s",
                f"{theirs.metrics_s:.2f} s",
                f"{ours.load_s:.2f} s",
                numbers,
                f"{both / own:.2f}x",
                f"{theirs.calls / both:,.0f} ({ours.calls / own:,.0f})",
                f"{theirs.cpu_s:.1f} s ({ours.cpu_s:.1f} s)",
                f"{memory} ({ours.peak_bytes / 1e6:,.0f} MB)",
                "all" if not theirs.differs else f"{len(theirs.differs)} differ",
                PEERS[theirs.name].does_more,
            ]
        )
    rows = [f"| {' | '.join(line)} |" for line in lines]
    differing = [f"{ran.name} at {ran.calls:,}: {each}" for ran, _ in found for each in ran.differs]
    return "\n".join([*rows, "", *differing, READ])


def _make(export: Path, size: int, *, finished_only: bool) -> None:
    """Make an export unless it is there; a part of one is not left to be taken for all of it."""
    if export.exists():
        return
    try:
        fresh.run("make_finished" if finished_only else "make", export, size)
    except BaseException:
        rmtree(export, ignore_errors=True)
        raise


def _own(store: Path, export: Path) -> fresh.Spent:
    """Do the same ourselves, in a store of its own, of which nothing is left."""
    try:
        return fresh.run("import_and_compare", store, export)
    finally:
        rmtree(store, ignore_errors=True)


def _run(peer: Peer, python: Path, folder: Path, export: Path) -> fresh.Spent:
    from weave_server import launch

    module = f"benchmark.peers.{peer.module}"
    own = folder / peer.module
    own.mkdir()
    server: AbstractContextManager[str | None] = (
        launch.running_server() if peer.needs_weave_server else nullcontext()
    )
    # A peer's own settings, caches and credentials are none of this measurement's.
    more = {"HOME": str(own), "DO_NOT_TRACK": "1", "MLFLOW_DISABLE_TELEMETRY": "true"}
    try:
        with server as url:
            run = partial(fresh.run_module, python, module)
            if url is not None:
                return run(url, export, more=more | launch.client_env(url, own))
            return run(*((own, export) if peer.needs_folder else (export,)), more=more)
    finally:
        rmtree(own)


def _ran(name: str, spent: fresh.Spent, differs: list[str]) -> Ran:
    told = spent.told
    return Ran(
        name=name,
        calls=told["subset"]["calls"],
        load_s=told["load_s"],
        metrics_s=told["metrics_s"],
        all_s=told.get("all_s"),
        cpu_s=spent.cpu_s,
        peak_bytes=spent.peak_bytes,
        server_bytes=told.get("server_bytes"),
        version=told.get("version", ""),
        differs=differs,
    )


def _drop(
    folder: Path, names: Sequence[str], done: str, own: dict[tuple[int, bool], fresh.Spent]
) -> None:
    """Remove the exports that no peer to come needs."""
    to_come = {PEERS[name].finished_only for name in names[names.index(done) + 1 :]}
    for size, finished_only in own:
        export = folder / f"{'finished' if finished_only else 'calls'}-{size}"
        if finished_only not in to_come and os.path.isdir(export):
            rmtree(export)

"""Brings traces into a store: from files, from growing files, from a Weave server. Effects live here."""

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree
from threading import Event
from time import perf_counter
from typing import TYPE_CHECKING

from analytics.errors import AnalyticsError, InputError
from analytics.semantics import BUNDLED, Preset, load
from analytics.sources import Reject, Staged
from analytics.store import imports, lake
from analytics.store.imports import Arrival, InputMark, Written

if TYPE_CHECKING:

    from duckdb import DuckDBPyConnection

    from analytics.sources.inputs import Input

ROOT = Path(__file__).resolve().parents[1]
"""The checkout: where data/ stands."""

Progress = Callable[[str, int, int | None], None]
"""What is being done, how much of it is done, and of how much where that is known."""

_PRINT_BYTES = 4096


@dataclass(frozen=True, kw_only=True)
class StoreChoice:
    """Which store to show, and whether it holds the bundled traces."""

    path: Path
    demo: bool


@dataclass(frozen=True, kw_only=True)
class FileReport:
    """What one input was taken for, and why."""

    name: str
    format: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class SyncReport:
    """What one import or pull did."""

    written: Written
    files: tuple[FileReport, ...]
    rejects: tuple[Reject, ...]
    notes: tuple[str, ...]
    seconds: float


def choose_store(explicit: Path | None = None) -> StoreChoice:
    """Return the store to show: the one named, else the user's own, else the bundled traces.

    The bundled traces are imported into a store of their own on first use.
    """
    import os

    if explicit is not None:
        return StoreChoice(path=explicit, demo=False)
    if named := os.environ.get("PATCHPILOT_STORE"):
        return StoreChoice(path=Path(named), demo=False)
    own = default_store()
    if lake.exists(own):
        return StoreChoice(path=own, demo=False)
    return StoreChoice(path=demo_store(), demo=True)


def default_store() -> Path:
    """Return the folder in which a user's own store stands unless another is named."""
    return ROOT / "data" / "store"


def demo_store() -> Path:
    """Return the store of the bundled traces, made anew where they have changed.

    Raises:
        InputError: this installation carries no traces.
    """
    files = sorted((ROOT / "data" / "demo").glob("*.jsonl.gz"))
    if not files:
        raise InputError(
            "no bundled traces in this installation. Import your own: patchpilot import PATH."
        )
    print_of_files = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
    store = ROOT / "data" / f"demo-store-{print_of_files}"
    if not lake.exists(store):
        for outdated in (ROOT / "data").glob("demo-store-*"):
            rmtree(outdated, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=ROOT / "data", prefix="demo-draft-") as draft:
            fresh = Path(draft) / "store"
            import_paths(fresh, [str(file) for file in files], demo=True)
            if not lake.exists(store):
                fresh.rename(store)
    return store


def import_paths(
    store: Path,
    paths: Sequence[str],
    *,
    presets: Sequence[Preset] = (),
    format_name: str | None = None,
    strict: bool = False,
    demo: bool = False,
    progress: Progress | None = None,
) -> SyncReport:
    """Import files, folders, globs or standard input in one transaction.

    Args:
        store: folder of the store; made where there is none.
        paths: what the user named; "-" is standard input.
        presets: semantics to read everything with from now on; the store's own where empty.
        format_name: take every input for this format instead of looking.
        strict: refuse everything where one record cannot be read.
        demo: these are the bundled traces.
        progress: told how far it is.

    Raises:
        InputError: an input that cannot be used; nothing is stored.
        StoreError: the store cannot be written; it is as it was.
    """
    from analytics.sources.inputs import find

    with _Work(store, progress) as work:
        found = find(paths)
        for position, item in enumerate(found):
            work.tell("reading", position, len(found))
            if len(found) == 1 or strict:
                work.stage(item, format_name)
            else:
                work.stage_or_reject(item, format_name)
        return work.commit(origin=" ".join(paths), presets=presets, strict=strict, demo=demo)


def watch(
    store: Path,
    paths: Sequence[str],
    interval_s: float,
    stop: Event,
    *,
    told: Callable[[SyncReport | AnalyticsError], None] | None = None,
) -> None:
    """Import what appears under some paths, and what growing files get, until told to stop.

    A file of Weave calls, one a line, is read on from where it was left; a half-written last line
    waits. A file that was replaced or truncated is read from its beginning.

    Args:
        store: folder of the store.
        paths: files, folders and globs; they may not exist yet.
        interval_s: pause between looks.
        stop: set to end the watch.
        told: hears of every import, and of everything that went wrong; the watch goes on.
    """
    from analytics.sources.inputs import find

    seen: dict[Path, tuple[int, int]] = {}
    while not stop.is_set():
        found = [item for item in find(paths, missing_ok=True) if item.path is not None]
        stamps = {_path(item): _stamp(_path(item)) for item in found}
        fresh = [item for item in found if stamps[_path(item)] != seen.get(_path(item))]
        seen = stamps
        if fresh:
            try:
                report = _import_growth(store, fresh)
            except AnalyticsError as fault:
                # The same files are tried again when they change, or with the next one that does.
                seen = {path: stamp for path, stamp in seen.items() if path not in map(_path, fresh)}
                report = fault
            if told and report is not None:
                told(report)
        stop.wait(interval_s)


def sync_weave(
    store: Path,
    project: str,
    *,
    presets: Sequence[Preset] = (),
    overlap: timedelta = timedelta(hours=24),
    progress: Progress | None = None,
) -> SyncReport:
    """Pull what is new in one Weave project, by the address and key of the environment.

    Raises:
        RemoteError: the server cannot be reached or refuses; nothing is stored.
    """
    from analytics.sources import weave_api

    with _Work(store, progress) as work:
        remote = weave_api.Remote.from_environment(project)
        since, open_ids, known = _progress_of(work.con, remote.origin, project)
        target = work.folder / "pulled.jsonl"
        pulled = weave_api.pull(
            remote, target, since=since, open_ids=open_ids, known=known, overlap=overlap,
            progress=lambda count, total: work.tell("pulling", count, total),
        )  # fmt: skip
        work.stage_file(target, "weave-jsonl", name=remote.origin, reason="a Weave server answered")
        return work.commit(
            origin=remote.origin,
            presets=presets,
            deleted_ids=pulled.deleted_ids,
            watermark_at=pulled.watermark_at,
        )


class _Work:
    """One import under way: the writer's connection, a folder for what is staged, what was staged."""

    def __init__(self, store: Path, progress: Progress | None) -> None:
        self._began = perf_counter()
        self._progress = progress
        self._store = store
        self._writer = lake.writer(store)
        self._staged: list[Staged] = []
        self._files: list[FileReport] = []
        self.marks: list[InputMark] = []

    def __enter__(self) -> "_Work":
        self.con: DuckDBPyConnection = self._writer.__enter__()
        self.folder = Path(tempfile.mkdtemp(dir=self._store / "tmp"))
        return self

    def __exit__(self, *fault: object) -> None:
        rmtree(self.folder, ignore_errors=True)
        self._writer.__exit__(*fault)

    def tell(self, what: str, done: int, of: int | None) -> None:
        """Pass on how far it is."""
        if self._progress:
            self._progress(what, done, of)

    def stage(self, item: "Input", format_name: str | None = None) -> None:
        """Read one input that the user named."""
        from analytics.sources import inputs

        plain = inputs.open_plain(item, self.folder)
        found, reason = inputs.recognise(item, plain, format_name)
        self.stage_file(plain, found.name, name=item.name, reason=reason)

    def stage_or_reject(self, item: "Input", format_name: str | None = None) -> None:
        """Read one of several inputs; one that cannot be used is left out, and counted."""
        try:
            self.stage(item, format_name)
        except InputError as fault:
            reject = Reject(file=item.name, line=None, reason=str(fault))
            self._staged.append(Staged(format="unknown", rejects=(reject,)))

    def stage_file(
        self, plain: Path, format_name: str, *, name: str, reason: str, first_line: int = 1
    ) -> None:
        """Read one plain file of a known format."""
        from analytics.sources.formats import FORMATS

        found = next(entry for entry in FORMATS if entry.name == format_name)
        out = self.folder / f"staged-{len(self._staged)}"
        out.mkdir()
        staged = found.stage(self.con, plain, out)
        rejects = tuple(
            replace(r, file=name, line=None if r.line is None else r.line + first_line - 1)
            for r in staged.rejects
        )
        notes = tuple(f"{name}: {note}" for note in staged.notes)
        self._staged.append(replace(staged, rejects=rejects, notes=notes))
        self._files.append(FileReport(name=name, format=found.name, reason=reason))

    def commit(
        self,
        *,
        origin: str,
        presets: Sequence[Preset] = (),
        strict: bool = False,
        demo: bool = False,
        deleted_ids: Sequence[str] = (),
        watermark_at: datetime | None = None,
    ) -> SyncReport:
        """Write everything that was staged, or nothing."""
        rejects = tuple(reject for staged in self._staged for reject in staged.rejects)
        if strict and rejects:
            first = rejects[0]
            raise InputError(
                f"cannot read {first.file} line {first.line}: {first.reason}. Nothing stored; "
                "without --strict the readable records are."
            )
        self.tell("storing", 0, None)
        if presets:
            imports.use_presets(self.con, presets)
        written = imports.write(
            self.con,
            Arrival(
                origin=origin,
                staged=self._staged,
                now=datetime.now(UTC).replace(tzinfo=None),
                began=self._began,
                demo=demo,
                marks=self.marks,
                deleted_ids=deleted_ids,
                watermark_at=watermark_at,
            ),
        )
        return SyncReport(
            written=written,
            files=tuple(self._files),
            rejects=rejects,
            notes=tuple(note for staged in self._staged for note in staged.notes),
            seconds=perf_counter() - self._began,
        )


def choose_presets(names: Iterable[str]) -> tuple[Preset, ...]:
    """Return the semantics for some names and files: a file of the user's own comes before the bundled.

    Raises:
        UnknownNameError, InputError: no such preset, or a semantics file with a fault.
    """
    chosen = [load(name) for name in names]
    if chosen and not any(preset.name in BUNDLED for preset in chosen):
        chosen += [load(name) for name in BUNDLED]
    return tuple(chosen)


def _import_growth(store: Path, items: "Sequence[Input]") -> SyncReport | None:
    """Import some files, each from where it was left; None where none holds a new complete line."""
    with _Work(store, None) as work:
        known = {
            path: (size, print_, lines)
            for path, size, print_, lines in work.con.execute(
                "SELECT path, size_bytes, head_hash, lines_count FROM lake.input_files"
            ).fetchall()
        }
        some = False
        for item in items:
            some |= _stage_growth(work, item, known.get(str(_path(item).resolve())))
        if not some:
            return None
        return work.commit(origin=" ".join(item.name for item in items))


def _stage_growth(work: _Work, item: "Input", mark: tuple[int, str, int] | None) -> bool:
    from analytics.sources import inputs

    try:
        plain = inputs.open_plain(item, work.folder)
    except InputError:
        return False  # Empty so far: what is being written now comes with the next look.
    if plain != item.path:
        work.stage_or_reject(item)
        return True
    offset, lines = 0, 0
    if mark and plain.stat().st_size >= mark[0] and _fingerprint(plain, mark[0]) == mark[1]:
        offset, lines = mark[0], mark[2]
    grown = work.folder / f"grown-{len(work.marks)}.jsonl"
    size, count = _copy_lines(plain, offset, grown)
    if count == 0:
        return False
    if offset:
        work.stage_file(
            grown, "weave-jsonl", name=item.name, reason="it grew", first_line=lines + 1
        )
    else:
        try:
            found, reason = inputs.recognise(item, grown, None)
        except InputError:
            found, reason = None, ""
        if found is None or found.name != "weave-jsonl":
            # Only line by line is it certain that what was read before stays as it was.
            work.stage_or_reject(item)
            return True
        work.stage_file(grown, found.name, name=item.name, reason=reason)
    work.marks.append(
        InputMark(
            path=str(plain.resolve()),
            size_bytes=size,
            head_hash=_fingerprint(plain, size),
            lines_count=lines + count,
        )
    )
    return True


def _copy_lines(source: Path, offset: int, target: Path) -> tuple[int, int]:
    """Copy the complete lines after an offset; return where they end, and how many they are."""
    count, end = 0, offset
    with source.open("rb") as reading, target.open("wb") as writing:
        reading.seek(offset)
        for line in reading:
            if not line.endswith(b"\n"):
                break
            writing.write(line)
            end += len(line)
            count += 1
    return end, count


def _fingerprint(path: Path, size: int) -> str:
    """Return a digest of the first and the last bytes before an offset: tells a replaced file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        digest.update(file.read(min(size, _PRINT_BYTES)))
        file.seek(max(size - _PRINT_BYTES, 0))
        digest.update(file.read(min(size, _PRINT_BYTES)))
    return digest.hexdigest()


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return -1, 0  # It went away between two looks; it is read when it is back.
    return status.st_size, status.st_mtime_ns


def _path(item: "Input") -> Path:
    assert item.path is not None
    return item.path

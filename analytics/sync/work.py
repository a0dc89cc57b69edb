"""One import under way: what is read is staged, then committed at once, or not at all."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from analytics.errors import InputError
from analytics.semantics import Preset
from analytics.sources import Reject, SourceFormat, Staged
from analytics.store import catalog_file, compaction, imports, lake, memory, threads
from analytics.store.imports import Arrival, InputMark, Written
from analytics.store.location import Store

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from analytics.cost import PriceList
    from analytics.sources.inputs import Input

TAILED = "weave-jsonl"
"""The format of what is pulled, and of files that grow: one whole record a line."""

Progress = Callable[[str, int, int | None], None]
"""What is being done, how much of it is done, and of how much where that is known."""


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


@contextmanager
def working(store: Store, progress: Progress | None = None) -> Iterator["Work"]:
    """Open a store for one import: others who want to write wait until it is over."""
    with lake.writer(store, little=True) as con:
        with lake.scratch(store) as folder:
            work = Work(con, folder, progress)
            yield work
        tidied = work.stored is not None and compaction.tidy(con, store)
    if work.stored is not None:
        catalog_file.keep_copy(store, afresh=tidied)


class Work:
    """One import under way: the writer's connection, a folder for what is staged, what was staged."""

    def __init__(self, con: "DuckDBPyConnection", folder: Path, progress: Progress | None) -> None:
        """Begin with nothing staged.

        Args:
            con: the writer's connection.
            folder: an empty folder for what is staged; whoever made it removes it.
            progress: told how far it is.
        """
        self.con = con
        self.folder = folder
        self._began = perf_counter()
        self._progress = progress
        self._staged: list[Staged] = []
        self._files: list[FileReport] = []
        self._notes: dict[str, list[str]] = {}
        self.marks: list[InputMark] = []
        self.stored: int | None = None
        """Number of the import, once one of the user's own has changed the store."""
        self.endings: tuple[str, ...] | None = None
        """What is taken out of archives, where that is not the usual."""

    @property
    def rejected(self) -> int:
        """How many records and files are left out so far."""
        return sum(len(staged.rejects) for staged in self._staged)

    def tell(self, what: str, done: int, of: int | None) -> None:
        """Pass on how far it is."""
        if self._progress:
            self._progress(what, done, of)

    def stage(self, item: "Input", format_name: str | SourceFormat | None = None) -> None:
        """Read one input that the user named, as the format that is recognised, named or given."""
        from analytics.sources import inputs

        if item.path is not None and inputs.is_archive(item.path):
            self._stage_members(item, item.path, format_name)
            return
        plain = inputs.open_plain(item, self.folder)
        if item.path is None and inputs.is_archive(plain):
            self._stage_members(item, plain, format_name)
            return
        if isinstance(format_name, SourceFormat):
            found, reason = format_name, format_name.title
        else:
            found, reason = inputs.recognise(item, plain, format_name)
        self.stage_file(plain, found, name=item.name, reason=reason)
        if isinstance(format_name, str) and _is_nothing(self._staged[-1]):
            known = f"nothing in it is {found.name}, which it was taken for because you said so"
            self._reject(Reject(file=item.name, line=None, reason=known))

    def stage_or_reject(self, item: "Input", format_name: str | SourceFormat | None = None) -> None:
        """Read one of several inputs; one that cannot be used is left out, and counted."""
        try:
            self.stage(item, format_name)
        except InputError as fault:
            self._reject(Reject(file=item.name, line=None, reason=str(fault)))

    def _stage_members(
        self, item: "Input", archive: Path, format_name: str | SourceFormat | None
    ) -> None:
        from analytics.sources import inputs

        endings = self.endings or inputs.ENDINGS
        for found in inputs.in_archive(item, archive, self.folder, endings):
            if isinstance(found, Reject):
                self._reject(found)
            else:
                self.stage_or_reject(found, format_name)

    def _reject(self, reject: Reject) -> None:
        self._staged.append(Staged(format="unknown", rejects=(reject,)))

    def stage_file(
        self,
        plain: Path,
        taken_for: str | SourceFormat,
        *,
        name: str,
        reason: str,
        first_line: int = 1,
    ) -> None:
        """Read one plain file of a known format."""
        from analytics.sources.formats import FORMATS

        if isinstance(taken_for, SourceFormat):
            found = taken_for
        else:
            found = next(entry for entry in FORMATS if entry.name == taken_for)
        out = self.folder / f"staged-{len(self._staged)}"

        def stage() -> Staged:
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()
            return found.stage(self.con, plain, out)

        threads.suit(self.con, little=plain.stat().st_size <= threads.LITTLE_BYTES)
        staged = memory.enough(self.con, stage)
        rejects = tuple(
            replace(r, file=name, line=None if r.line is None else r.line + first_line - 1)
            for r in staged.rejects
        )
        self._staged.append(replace(staged, rejects=rejects))
        for note in staged.notes:
            self._notes.setdefault(note, []).append(name)
        self._files.append(FileReport(name=name, format=found.name, reason=reason))

    def commit(
        self,
        *,
        origin: str,
        presets: Sequence[Preset] = (),
        prices: "PriceList | None" = None,
        strict: bool = False,
        demo: bool = False,
        deleted_ids: Sequence[str] = (),
        watermark_at: datetime | None = None,
    ) -> SyncReport:
        """Write everything that was staged, or nothing."""
        rejects = tuple(reject for staged in self._staged for reject in staged.rejects)
        if strict and rejects:
            first = rejects[0]
            where = first.file if first.line is None else f"{first.file} line {first.line}"
            raise InputError(
                f"cannot read {where}: {first.reason}. Nothing stored; "
                "without --strict the readable records are."
            )
        self.tell("storing", 0, None)
        arrival = Arrival(
            origin=origin,
            staged=self._staged,
            now=datetime.now(UTC).replace(tzinfo=None),
            began=self._began,
            presets=presets,
            prices=prices,
            demo=demo,
            marks=self.marks,
            deleted_ids=deleted_ids,
            watermark_at=watermark_at,
        )
        written = memory.enough(self.con, lambda: imports.write(self.con, arrival))
        if not demo and written.new + written.changed + written.deleted + written.rejected:
            self.stored = written.import_id
        return SyncReport(
            written=written,
            files=tuple(self._files),
            rejects=rejects,
            notes=tuple(_of_files(note, names) for note, names in self._notes.items()),
            seconds=perf_counter() - self._began,
        )


def _is_nothing(staged: Staged) -> bool:
    import pyarrow.parquet

    if staged.rejects:
        return False
    return not any(pyarrow.parquet.read_metadata(file).num_rows for file in staged.files)


def _of_files(note: str, names: Sequence[str]) -> str:
    """Say once what holds for many files."""
    more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
    return f"{names[0]}{more}: {note}"

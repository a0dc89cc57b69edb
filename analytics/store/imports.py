"""Writes one import into a store: upsert, facts, revisions, rejects and rollups in one transaction."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from shutil import copyfile
from time import perf_counter
from typing import TYPE_CHECKING
from uuid import uuid4

from analytics.schema import IMPORTS, TABLES
from analytics.semantics import Preset, extract
from analytics.sources import Reject, Staged
from analytics.store import incoming, lake, memory, refresh, threads

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from analytics.cost import PriceList

_REJECTS_AT_ONCE = 10_000


@dataclass(frozen=True, kw_only=True)
class InputMark:
    """How far one file has been read."""

    path: str
    size_bytes: int
    head_hash: str
    lines_count: int


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """What one import brings, beside the staged files themselves."""

    origin: str
    staged: Sequence[Staged]
    now: datetime
    """UTC, without a zone."""
    began: float
    """``time.perf_counter()`` when the import started."""
    presets: Sequence[Preset] = ()
    """Semantics to read everything with from now on; the store's own where empty."""
    prices: "PriceList | None" = None
    """Prices of the user's own from now on; the store's own where None."""
    demo: bool = False
    marks: Sequence[InputMark] = ()
    deleted_ids: Sequence[str] = ()
    """Weave calls that the server no longer has."""
    watermark_at: datetime | None = None
    """Where the next pull from this origin begins."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """What one import did to the store."""

    import_id: int
    new: int
    changed: int
    unchanged: int
    deleted: int
    rejected: int
    runs: int
    unmatched: tuple[str, ...]
    """Fields of the semantics that found nothing in the whole import."""


def write(con: "DuckDBPyConnection", arrival: Arrival) -> Written:
    """Commit an import, all or nothing.

    Args:
        con: a connection from ``lake.writer``.
        arrival: what was read.

    Raises:
        StoreError: the store could not be written; it is as it was.
    """
    files = [file for staged in arrival.staged for file in staged.files]
    taken_over: list[Path] = []
    threads.suit(con, little=incoming.is_little(files))
    # Nobody else writes meanwhile: what has been filled until now is all that is, but for what this fills.
    filled = incoming.filled(con)
    with _removed_unless_kept(taken_over) as fate, lake.transaction(con, fate):
        if arrival.presets:
            _choose(con, arrival.presets)
        if arrival.prices is not None:
            _choose_prices(con, arrival.prices)
        settings = lake.settings(con)
        presets, own_prices = lake.presets(con, settings), lake.price_list(con, settings)
        snapshot_before = lake.snapshot_id(con)
        settled = settle(con, presets, settings, is_empty="spans" not in filled)
        if settled:
            filled = frozenset(TABLES)
        import_id = next_id(con) if IMPORTS.name in filled else 1
        con.execute("SET VARIABLE import_id = $1", [import_id])
        con.execute("SET VARIABLE origin = $1", [arrival.origin])
        held = incoming.view(con, presets, files)
        all_new = incoming.take(con, filled)
        memory.give_back(con)
        # On two it takes half as much processor time again, and little less of the user's.
        with threads.one_within(con):
            con.execute(lake.statement("statements", "apply"))
        memory.give_back(con)
        folder = lake.data_folder(con)
        if all_new and folder is not None:
            _take_over(con, import_id, files, folder / "main" / "payloads", taken_over)
        else:
            con.execute(lake.statement("statements", "copy_payloads"))
        memory.give_back(con)
        unmatched = _write_facts(con, presets, "fact_source", held=held)
        deleted = _delete(con, arrival.deleted_ids)
        con.execute(lake.statement("statements", "touched_ids"))
        runs = refresh.refresh(
            con,
            presets,
            own_prices,
            filled=filled,
            alone=held and not deleted and "spans" not in filled,
        )
        states = dict(
            con.execute("SELECT state, sum(calls_count) FROM changes GROUP BY state").fetchall()
        )
        rejects = [reject for staged in arrival.staged for reject in staged.rejects]
        write_rejects(con, import_id, rejects)
        _write_marks(con, import_id, arrival)
        written = Written(
            import_id=import_id,
            new=int(states.get("new", 0)),
            changed=int(states.get("changed", 0)),
            unchanged=int(states.get("unchanged", 0)),
            deleted=deleted,
            rejected=len(rejects),
            runs=runs,
            unmatched=unmatched,
        )
        news = written.new + written.changed + written.deleted + written.rejected
        # Looking and finding nothing is no import: it leaves the store, and open pages, as they are.
        fate.keep = settled or news > 0 or bool(arrival.marks or arrival.presets or arrival.prices)
        _write_import(con, arrival, written, snapshot_before)
    return written


def use_presets(con: "DuckDBPyConnection", chosen: Sequence[Preset]) -> None:
    """Read everything stored again with other semantics. Nothing happens where they are the same."""
    with lake.transaction(con):
        _choose(con, chosen)
        settle(con, chosen)


def use_prices(con: "DuckDBPyConnection", own: "PriceList") -> None:
    """Price everything stored with other prices. Nothing happens where they are the same."""
    with lake.transaction(con):
        _choose_prices(con, own)
        settle(con, lake.presets(con))


def _choose(con: "DuckDBPyConnection", chosen: Sequence[Preset]) -> None:
    settings = lake.settings(con)
    if "semantics" not in settings or list(chosen) != list(lake.presets(con, settings)):
        lake.keep_presets(con, chosen)


def _choose_prices(con: "DuckDBPyConnection", own: "PriceList") -> None:
    if (lake.setting(con, "prices") or "") != own.text:
        lake.keep_setting(con, "prices", own.text)


def settle(
    con: "DuckDBPyConnection",
    presets: Sequence[Preset],
    known: Mapping[str, str] | None = None,
    *,
    is_empty: bool = False,
) -> bool:
    """Work everything out anew where the store was last written by other rules; say whether it was.

    Args:
        con: a connection from ``lake.writer``, in a transaction.
        presets: the semantics in force.
        known: the store's settings, where they have been read.
        is_empty: whether the store is known to hold no call.
    """
    settings = lake.settings(con) if known is None else known
    rules = refresh.rules(presets, lake.price_list(con, settings))
    if settings.get("rules") == rules:
        return False
    lake.keep_setting(con, "rules", rules)
    if is_empty or con.execute("SELECT 1 FROM lake.spans LIMIT 1").fetchone() is None:
        return False
    with threads.every(con):
        incoming.explain_stored(con, presets)
        con.execute(lake.statement("statements", "remean"))
        con.execute(lake.statement("statements", "facts_go"))
        _write_facts(con, presets, "stored_fact_source", held=False)
        refresh.rebuild(con, presets)
    return True


def next_id(con: "DuckDBPyConnection") -> int:
    """Return the number of the import that is being written."""
    row = con.execute("SELECT coalesce(max(import_id), 0) + 1 FROM lake.imports").fetchone()
    assert row is not None
    return int(row[0])


def _take_over(
    con: "DuckDBPyConnection",
    import_id: int,
    staged: Sequence[Path],
    folder: Path,
    taken_over: list[Path],
) -> None:
    """Make the staged files the store's own as they are: payloads are most of an import."""
    if not staged:
        return
    folder.mkdir(parents=True, exist_ok=True)
    # A file without a row is entered nowhere, and would be left behind.
    rows = con.execute(
        "SELECT file_name, num_rows FROM parquet_file_metadata($1)",
        [[str(file) for file in staged]],
    )
    filled = {name for name, count in rows.fetchall() if count}
    for position, file in enumerate(staged):
        if str(file) not in filled:
            continue
        kept = folder / f"import-{import_id}-{position}-{uuid4().hex}.parquet"
        taken_over.append(kept)
        try:
            os.link(file, kept)
        except OSError:
            copyfile(file, kept)  # Not every disk has hard links.
        con.execute(
            "CALL ducklake_add_data_files('lake', 'payloads', $1, ignore_extra_columns => true)",
            [str(kept)],
        )


@contextmanager
def _removed_unless_kept(files: Sequence[Path]) -> Iterator[lake.Fate]:
    """Leave none of these files behind where the block fails or its transaction is given up."""
    fate = lake.Fate()
    try:
        yield fate
    except BaseException:
        fate.keep = False
        raise
    finally:
        if not fate.keep:
            for file in files:
                file.unlink(missing_ok=True)


def _write_facts(
    con: "DuckDBPyConnection", presets: Sequence[Preset], view: str, *, held: bool
) -> tuple[str, ...]:
    """Read the facts of one view of payloads into the store; few are held in table ``new_facts``, too."""
    con.execute(lake.statement("statements", view))
    extract.install(con)
    source = con.view("fact_source")
    if held:
        con.execute(lake.statement("statements", "new_facts"))
    target = con.table("new_facts" if held else "lake.facts")
    # A store that has grown with its versions has the columns in another order.
    columns = target.columns
    for facts in extract.facts(source, presets, columns):
        facts.insert_into("new_facts" if held else "lake.facts")
    if held:
        con.execute(lake.statement("statements", "keep_facts"))
        return tuple(extract.unmatched(source, target, presets))
    read = con.sql("FROM lake.facts AS facts SEMI JOIN fact_source USING (source, span_id)")
    return tuple(extract.unmatched(source, read, presets))


def _delete(con: "DuckDBPyConnection", span_ids: Sequence[str]) -> int:
    if not span_ids:
        con.execute(lake.statement("statements", "nothing_gone"))
        return 0
    con.execute("CREATE OR REPLACE TEMP TABLE vanished (span_id VARCHAR)")
    con.executemany("INSERT INTO vanished VALUES ($1)", [(span_id,) for span_id in span_ids])
    con.execute(lake.statement("statements", "vanish"))
    row = con.execute("SELECT count(*) FROM gone").fetchone()
    return int(row[0]) if row else 0


def write_rejects(con: "DuckDBPyConnection", import_id: int, rejects: Sequence[Reject]) -> None:
    """Write down what an import could not read."""
    if not rejects:
        return
    con.execute("CREATE OR REPLACE TEMP TABLE new_rejects AS FROM lake.rejects LIMIT 0")
    for start in range(0, len(rejects), _REJECTS_AT_ONCE):
        some = rejects[start : start + _REJECTS_AT_ONCE]
        told = json.dumps([asdict(reject) for reject in some], ensure_ascii=False)
        # Where a name of a file is no text, what cannot be written of it is a question mark.
        told = told.encode("utf-8", "replace").decode("utf-8")
        con.execute(lake.statement("statements", "new_rejects"), [import_id, told])
    con.execute(lake.statement("statements", "add_rejects"))


def _write_marks(con: "DuckDBPyConnection", import_id: int, arrival: Arrival) -> None:
    for mark in arrival.marks:
        con.execute("DELETE FROM lake.input_files WHERE path = $1", [mark.path])
        con.execute(
            "INSERT INTO lake.input_files VALUES ($1, $2, $3, $4, $5)",
            [mark.path, mark.size_bytes, mark.head_hash, mark.lines_count, import_id],
        )
    if arrival.watermark_at is not None:
        con.execute("DELETE FROM lake.sync_state WHERE origin = $1", [arrival.origin])
        con.execute(
            "INSERT INTO lake.sync_state VALUES ($1, $2, $3)",
            [arrival.origin, arrival.watermark_at, import_id],
        )


def _write_import(
    con: "DuckDBPyConnection", arrival: Arrival, written: Written, snapshot_before: int
) -> None:
    formats = ", ".join(dict.fromkeys(staged.format for staged in arrival.staged))
    con.execute(
        lake.statement("statements", "add_import"),
        [
            written.import_id,
            arrival.now,
            arrival.origin,
            formats,
            written.new,
            written.changed,
            written.unchanged,
            written.rejected,
            written.runs,
            perf_counter() - arrival.began,
            arrival.demo,
            snapshot_before,
        ],
    )

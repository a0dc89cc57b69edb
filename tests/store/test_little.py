"""A small import asks little of the store, and of the machine: what that leaves out is not missed."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from analytics.schema import FACTS, TABLES
from analytics.store import imports, incoming, lake, threads
from tests.chain import ROLLUPS, Raw, bring, rows, stored
from tests.golden.make import calls

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DERIVED = ("facts", *ROLLUPS)
LINES = calls("two_bugs")


def answer(con: "DuckDBPyConnection", question: str) -> object:
    """Return the one value that a question has as its answer."""
    row = con.execute(question).fetchone()
    assert row is not None
    return row[0]


def used(con: "DuckDBPyConnection") -> object:
    """Return how many threads share a statement."""
    return answer(con, "SELECT current_setting('threads')")


def revised() -> list[Raw]:
    """Return the same calls with other results."""
    return [
        {**line, "output": {"passed": "revised"}} if line["ended_at"] else line for line in LINES
    ]


def known(con: "DuckDBPyConnection") -> dict[str, list[tuple[object, ...]]]:
    """Return all that is derived from the calls of a store."""
    return {table: rows(con, table) for table in DERIVED}


def told(con: "DuckDBPyConnection", table: str) -> tuple[object, ...]:
    """Return the columns of a table, their types, and its rows, in an order of their own."""
    found = con.table(table)
    typed = sorted((name, str(kind)) for name, kind in zip(found.columns, found.types, strict=True))
    return typed, sorted(found.project(*(name for name, _ in typed)).fetchall(), key=repr)


def test_a_store_without_calls_has_filled_nothing_but_its_settings(empty_store: Path):
    with stored(empty_store) as (con, _):
        assert incoming.filled(con) == {"settings"}


def test_a_table_is_filled_once_it_has_held_a_row(empty_store: Path):
    with stored(empty_store, LINES) as (con, _):
        held = {name for name in TABLES if len(con.table(f"lake.{name}"))}
        assert incoming.filled(con) == held
        con.execute("DELETE FROM lake.runs")
        assert incoming.filled(con) == held


def test_only_removals_that_can_find_something_are_made(empty_store: Path):
    with stored(empty_store, LINES) as (con, _):
        con.execute("CREATE TEMP TABLE replaced AS SELECT source, span_id FROM lake.spans")
        incoming.drop(con, "drop_replaced", incoming.REPLACED, {FACTS.name})
        assert answer(con, "SELECT count(*) FROM lake.facts") == 0
        assert answer(con, "SELECT count(*) FROM lake.payloads") == len(LINES)


def test_an_import_that_works_everything_out_anew_first_replaces_that_too(empty_store: Path):
    """What is filled within a transaction, the catalog does not tell yet."""
    with stored(empty_store, revised()) as (con, _):
        fresh = known(con)
        presets = lake.presets(con)
    with stored(empty_store) as (con, store):
        imports.use_presets(con, [preset for preset in presets if preset.name != "patchpilot"])
        bring(con, store, LINES)
        assert "fixes" not in incoming.filled(con)
        lake.keep_presets(con, presets)
        assert bring(con, store, revised()).changed
        assert known(con) == fresh


def test_the_first_prices_are_kept_once(empty_store: Path, monkeypatch: pytest.MonkeyPatch):
    priced = calls("priced_fixes")
    twice = [
        {
            **line,
            **{key: line[key] and f"again:{line[key]}" for key in ("id", "trace_id", "parent_id")},
        }
        for line in priced
    ]
    monkeypatch.setattr(imports.refresh, "_CALLS_AT_ONCE", len(priced))
    monkeypatch.setattr(imports.refresh, "_TIMES_ASIDE", 1)
    with stored(empty_store, [*priced, *twice]) as (con, _):
        assert answer(con, "SELECT count(*) FROM (SELECT DISTINCT slice FROM all_sliced)") == 2
        kept = rows(con, "prices")
        assert kept
        assert len(kept) == len(set(kept))


def test_what_comes_into_an_empty_store_is_typed_as_what_is_stored(empty_store: Path):
    with stored(empty_store, LINES) as (con, _):
        came = [told(con, name) for name in ("touched_spans", "touched_facts")]
        con.execute(lake.statement("statements", "touched"))
        con.execute(lake.statement("statements", "touched_in_memory"))
        assert came == [told(con, name) for name in ("touched_spans", "touched_facts")]


def test_little_is_left_to_one_thread(empty_store: Path, monkeypatch: pytest.MonkeyPatch):
    with stored(empty_store) as (con, store):
        threads.suit(con, little=False)
        every = used(con)
        bring(con, store, LINES)
        assert used(con) == 1
        monkeypatch.setattr(incoming, "LITTLE_BYTES", 0)
        bring(con, store, LINES)
        assert used(con) == every


def test_all_threads_work_everything_out_anew(empty_store: Path, monkeypatch: pytest.MonkeyPatch):
    seen: list[object] = []
    with stored(empty_store, LINES) as (con, store):
        monkeypatch.setattr(imports.refresh, "rebuild", lambda con, presets: seen.append(used(con)))
        lake.keep_setting(con, "rules", "others")
        bring(con, store, LINES)
        seen.append(used(con))
        threads.suit(con, little=False)
        assert seen == [used(con), 1]


def test_a_new_store_is_laid_out_at_once_but_for_its_payloads(empty_store: Path):
    with stored(empty_store) as (con, _):
        made = con.execute(
            "SELECT DISTINCT begin_snapshot FROM __ducklake_metadata_lake.ducklake_table "
            "WHERE table_name <> 'payloads'"
        ).fetchall()
        assert len(made) == 1

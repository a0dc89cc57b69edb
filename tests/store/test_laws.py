"""What holds of any traces: the numbers are the oracle's, and how they came in does not matter.

Hypothesis draws many small exports. They go into one store, each under a project of its own, so that
one import checks them all and a failure still names the export that it comes from.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from analytics.metrics.aggregates import Count, Rate, Sum
from analytics.metrics.catalog import CATALOG
from analytics.metrics.evaluate import CUTS, PERIODS, evaluate, measure
from analytics.semantics import load, parse
from analytics.store import imports, incoming, lake, refresh
from tests import oracle
from tests.chain import (
    NOW,
    ROLLUPS,
    Raw,
    arrival,
    bring,
    differences,
    filled,
    numbers,
    reading,
    rows,
    stored,
)
from tests.generated import as_running, collection

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EXPORTS = 15
EXPORTS_OF_A_TEAM = 4
"""Over each other kind of store: what differs there is the catalog and the files, not the numbers."""

CHANGED = 10
"""Finished calls that a later import changes."""

TABLES = ("spans", "payloads", "facts", *ROLLUPS)

Known = dict[str, list[tuple[Any, ...]]]


def known(con: "DuckDBPyConnection") -> Known:
    """Return what a store knows; by which import is another matter."""
    return {table: rows(con, table, "import_id") for table in TABLES}


@pytest.fixture(scope="module")
def lines(store_kind: str) -> list[Raw]:
    count = EXPORTS if store_kind == "folder" else EXPORTS_OF_A_TEAM
    drawn: list[Raw] = []
    # A few exports can have fewer finished calls than a law is about to change.
    while sum(bool(line["ended_at"]) for line in drawn) < CHANGED:
        drawn = collection(count)
    return drawn


@pytest.fixture(scope="module")
def whole(empty_store: Path, lines: list[Raw]) -> Iterator[Path]:
    """A store in a folder into which all lines came at once, closed."""
    with filled(empty_store, lines) as store:
        yield store


@pytest.fixture
def store(
    store_kind: str, blank: Path, whole: Path, lines: list[Raw]
) -> "Iterator[tuple[DuckDBPyConnection, Path]]":
    """A store into which all lines came at once."""
    with stored(whole) if store_kind == "folder" else stored(blank, lines) as opened:
        yield opened


@pytest.fixture(scope="module")
def at_once(whole: Path) -> Known:
    """What a store knows into which all lines came at once."""
    with stored(whole) as (con, _):
        return known(con)


def test_every_number_is_the_oracles(store: "tuple[DuckDBPyConnection, Path]", lines: list[Raw]):
    by_project: defaultdict[str, list[Raw]] = defaultdict(list)
    for line in lines:
        by_project[line["project_id"]].append(line)
    found = numbers(store[1], ("project",))
    for project, calls in by_project.items():
        expected = oracle.measure(oracle.rows_of(calls, NOW))
        if (project,) in found:
            assert differences(expected, found[(project,)]) == [], json.dumps(calls, indent=1)
        else:
            assert expected["runs"].n == 0, project
    assert differences(oracle.measure(oracle.rows_of(lines, NOW)), numbers(store[1])[()]) == []


def test_the_parts_of_every_cut_add_up(store: "tuple[DuckDBPyConnection, Path]"):
    with reading(store[1]) as cursor:
        cuts = {by: evaluate(cursor, CATALOG, (by,)) for by in (*CUTS, *PERIODS)}
        whole = measure(cursor, CATALOG)
    for by, cut in cuts.items():
        for metric in CATALOG:
            total, parts = whole[metric.name], [part[metric.name] for part in cut.values()]
            assert sum(part.n for part in parts) == total.n, (by, metric.name)
            assert sum(part.missing for part in parts) == total.missing, (by, metric.name)
            if isinstance(metric.of, Rate):
                assert sum(part.hits or 0 for part in parts) == total.hits, (by, metric.name)
            if isinstance(metric.of, Count | Sum):
                values = [part.value for part in parts if part.value is not None]
                told = pytest.approx(sum(values)) if values else None
                assert total.value == told, (by, metric.name)


@pytest.mark.every_store
def test_importing_twice_changes_nothing(
    store: "tuple[DuckDBPyConnection, Path]", lines: list[Raw], at_once: Known
):
    con, folder = store
    written = bring(con, folder, lines)
    assert (written.new, written.changed, written.runs) == (0, 0, 0)
    assert written.unchanged == len({line["id"] for line in lines})
    assert known(con) == at_once
    assert rows(con, "revisions") == []


@pytest.mark.parametrize("pieces", [1, 2, 5])
def test_neither_order_nor_pieces_matter(
    empty_store: Path, lines: list[Raw], at_once: Known, pieces: int
):
    shuffled = Random(pieces).sample(lines, len(lines))
    parts: Sequence[Sequence[Raw]] = [shuffled[piece::pieces] for piece in range(pieces)]
    with stored(empty_store, *parts) as (con, _):
        assert known(con) == at_once


@pytest.mark.every_store
def test_rebuilding_gives_what_refreshing_gave(blank: Path, lines: list[Raw], at_once: Known):
    with stored(blank, lines[::2], lines[1::2]) as (con, _):
        with lake.transaction(con):
            refresh.rebuild(con, lake.presets(con))
        assert known(con) == at_once


def followed(monkeypatch: pytest.MonkeyPatch, *names: str) -> list[str]:
    """Write down which of these functions of ``refresh`` are called, in order."""
    called: list[str] = []

    def follow(name: str, work: Callable[..., Any]) -> None:
        def recorded(*arguments: Any) -> Any:
            called.append(name)
            return work(*arguments)

        monkeypatch.setattr(refresh, name, recorded)

    for name in names:
        follow(name, getattr(refresh, name))
    return called


@pytest.mark.every_store
def test_how_many_calls_are_worked_out_at_once_does_not_matter(
    blank: Path, lines: list[Raw], at_once: Known, monkeypatch: pytest.MonkeyPatch
):
    ways = ("_worked_out_alone", "_worked_out_here", "_worked_out_aside")
    held = followed(monkeypatch, *ways)
    few = len(lines) // 4
    monkeypatch.setattr(refresh, "_CALLS_AT_ONCE", few)
    monkeypatch.setattr(refresh, "_TIMES_ASIDE", 1)
    # The first and the last are one slice, held in memory, the first of a store that was empty; what is
    # between is several, held in files. Both bring calls that come only once, so that there is work to do.
    part = few // 2
    often = Counter(line.get("id") for line in lines)
    once = [line for line in lines if often[line.get("id")] == 1]
    first, last = once[:part], once[-part:]
    taken = {id(line) for line in (*first, *last)}
    between = [line for line in lines if id(line) not in taken]
    assert len(first) + len(last) + len(between) == len(lines)
    with stored(blank, first, between, last) as (con, _):
        assert known(con) == at_once
    assert (held[0], held[-1]) == ways[:2]
    assert held.count("_worked_out_aside") > 1


@pytest.mark.parametrize("limit", ["LITTLE_BYTES", "_LITTLE_TEXT_BYTES", "_LITTLE_CALLS"])
def test_whether_the_calls_are_held_in_memory_does_not_matter(
    empty_store: Path, lines: list[Raw], at_once: Known, monkeypatch: pytest.MonkeyPatch, limit: str
):
    monkeypatch.setattr(incoming, limit, 0)
    with stored(empty_store, lines[::2], lines[1::2], lines[::3]) as (con, _):
        assert known(con) == at_once
        assert con.sql(
            "SELECT count(*) FROM duckdb_tables WHERE table_name = 'held'"
        ).fetchone() == (0,)


@pytest.mark.parametrize("little", [incoming.LITTLE_BYTES, 0])
@pytest.mark.every_store
def test_a_changed_call_leaves_its_old_value_behind(
    empty_store: Path,
    blank: Path,
    lines: list[Raw],
    monkeypatch: pytest.MonkeyPatch,
    little: int,
):
    monkeypatch.setattr(incoming, "LITTLE_BYTES", little)
    changed = Random(1).sample([line for line in lines if line["ended_at"]], CHANGED)
    ids = {line["id"] for line in changed}
    revised = [
        {**line, "output": {"passed": "revised"}}
        if line["id"] in ids and line["ended_at"]
        else line
        for line in lines
    ]
    with stored(empty_store, revised) as (con, _):
        fresh = known(con)
    with stored(blank, lines) as (con, folder):
        written = bring(con, folder, [line for line in revised if line["id"] in ids])
        assert (written.new, written.changed) == (0, len(ids))
        assert known(con) == fresh
        told = con.sql("SELECT span_id, field, old_value, new_value FROM lake.revisions").fetchall()
    old = {line["id"]: line["output"] for line in lines if line["ended_at"]}
    assert {span_id for span_id, *_ in told} == ids
    for span_id, field, old_value, new_value in told:
        assert field in ("output", "status")
        if field == "output":
            assert (old_value and json.loads(old_value)) == old[span_id]
            assert json.loads(new_value) == {"passed": "revised"}


def test_a_running_record_never_undoes_a_finished_one(
    store: "tuple[DuckDBPyConnection, Path]", lines: list[Raw], at_once: Known
):
    con, folder = store
    written = bring(con, folder, [as_running(line) for line in lines])
    assert (written.new, written.changed) == (0, 0)
    assert known(con) == at_once


def test_deleted_calls_leave_nothing_but_a_revision(
    empty_store: Path, whole: Path, lines: list[Raw]
):
    gone = set(Random(2).sample(sorted({line["id"] for line in lines}), 40))
    with stored(empty_store, [line for line in lines if line["id"] not in gone]) as (con, _):
        without = known(con)
    with stored(whole) as (con, _):
        deletion = arrival(deleted_ids=sorted(gone))
        assert imports.write(con, deletion).deleted == len(gone)
        assert known(con) == without
        told = con.sql("SELECT span_id FROM lake.revisions WHERE field = 'deleted'").fetchall()
        assert {span_id for (span_id,) in told} == gone


MINE = """
title = "Mine"
[roles]
run = ["think"]
other = ["pipeline"]
[kinds]
agent = ["pipeline"]
[[field]]
name = "claimed"
roles = ["run"]
paths = ["output"]
values = { pass = ["done"] }
"""


def test_other_semantics_read_the_store_as_if_it_were_imported_anew(
    empty_store: Path, whole: Path, lines: list[Raw]
):
    chosen = (parse("mine", MINE), load("patchpilot"), load("generic"))
    with stored(empty_store) as (con, folder):
        imports.use_presets(con, chosen)
        bring(con, folder, lines)
        anew = known(con)
    with stored(whole) as (con, _):
        imports.use_presets(con, chosen)
        assert known(con) == anew
        before = lake.snapshot_id(con)
        imports.use_presets(con, chosen)
        assert lake.snapshot_id(con) == before

"""Rows that tables show: pages, search, the tree of calls; and SQL that must stay in its box."""

import csv
from io import StringIO

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.errors import InputError, UnknownNameError
from analytics.schema import ROLLUPS, Table
from analytics.store import consistency, tables
from analytics.store.reader import Reader
from analytics.store.sandbox import MOST_ROWS, Sandbox
from dashboard.explored import answer_csv, plain
from tests.dashboard.traces import DIFF

IDS = st.integers(0, 12).map(str)


@given(st.dictionaries(IDS, st.none() | IDS))
def test_a_tree_holds_every_call_once_whatever_its_parents(parents: dict[str, str | None]):
    order = tables.tree_order(parents)
    assert sorted(span_id for span_id, _ in order) == sorted(parents)
    depths = dict(order)
    for span_id, depth in order:
        assert depth == 0 or depths[parents[span_id] or ""] == depth - 1


@given(st.dictionaries(IDS, st.none() | IDS, min_size=1), st.data())
def test_a_branch_is_a_part_of_the_tree(parents: dict[str, str | None], data: st.DataObject):
    top = data.draw(st.sampled_from(sorted(parents)))
    branch = tables.tree_order(parents, top=top)
    assert branch[0] == (top, 0)
    assert len(dict(branch)) == len(branch)
    assert all(depth > 0 for _, depth in branch[1:])


@pytest.mark.parametrize("order", tables.FIX_ORDERS)
@pytest.mark.parametrize("descending", [True, False])
def test_pages_hold_every_bug_once_and_in_order(order: str, descending: bool, full: Reader):
    with full.cursor() as con:
        pages = [
            tables.fixes(
                con.table("fixes"), order=order, descending=descending, limit=50, offset=at
            )
            for at in range(0, 200, 50)
        ]
    rows = pl.concat([page.rows for page in pages])
    assert rows["fix_id"].n_unique() == len(rows) == pages[0].total
    values = rows[tables.FIX_ORDERS[order]]
    known = values.drop_nulls().to_list()
    assert known == sorted(known, reverse=descending)
    assert values.tail(values.null_count()).null_count() == values.null_count()


def test_search_finds_rows_with_every_word(full: Reader):
    with full.cursor() as con:
        found = tables.fixes(con.table("fixes"), search="VOUCHER v2", limit=1_000)
        nothing = tables.fixes(con.table("fixes"), search="' OR 1=1; --")
    assert found.total == len(found.rows) > 0
    assert set(found.rows["variant"]) == {"v2"}
    assert all("voucher" in title for title in found.rows["title"])
    assert nothing.total == 0


def test_an_order_that_does_not_exist_is_refused(full: Reader):
    with full.cursor() as con, pytest.raises(UnknownNameError, match="time"):
        tables.fixes(con.table("fixes"), order="tme")


def test_a_run_shows_its_calls_below_each_other_and_its_patch(full: Reader):
    with tables.consistent(full) as con:
        fixed = tables.fixes(con.table("fixes"), search="fixed", limit=1).rows.row(0, named=True)
        key = fixed["source"], fixed["trace_id"]
        calls = tables.run_calls(con, *key, fixed["run_id"])
        carried = tables.payloads(con, *key, calls["span_id"].to_list(), most=20)
        diff = tables.patch_diff(con, *key, fixed["patch_span_id"])
    assert calls["span_id"][0] == fixed["run_id"]
    assert calls["depth"].to_list()[:2] == [0, 1]
    assert max(calls["depth"].to_list()) == 2
    assert set(carried) == set(calls["span_id"])
    cut = next(each for each in carried.values() if (each.output_length or 0) > 20)
    assert cut.output is not None
    assert len(cut.output) == 20
    assert diff == DIFF


def test_facts_of_a_store(full: Reader, empty: Reader):
    with tables.consistent(full) as con:
        facts = consistency.again(tables.store_facts)(con)
        assert facts.imports == len(tables.imports(con)) == 1
        assert len(tables.rejects(con)) == facts.rejected == 0
    assert facts.calls > 1_000
    assert not facts.demo
    with tables.consistent(empty) as con:
        assert tables.store_facts(con) == tables.StoreFacts()


@pytest.fixture(scope="module")
def box(full: Reader) -> Sandbox:
    with full.cursor() as con:
        return Sandbox(con)


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "SELECT 1; SELECT 2",
        "FROM read_csv('pyproject.toml')",
        "FROM 'pyproject.toml'",
        "FROM glob('*')",
        "COPY runs TO 'runs.csv'",
        "ATTACH 'other.db'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "CREATE TABLE more (a INTEGER)",
        "DROP TABLE runs",
        "FROM outside",
        "SELECT getenv('HOME')",
        "SELECT nowhere FROM runs",
    ],
)
def test_a_question_cannot_leave_its_box(sql: str, box: Sandbox):
    outside = pl.DataFrame({"a": [1]})
    assert len(outside) == 1
    with pytest.raises(InputError):
        box.ask(sql)


def test_a_question_is_answered_from_a_copy(box: Sandbox, full: Reader):
    rows, more = box.ask("SELECT count(*) AS runs FROM runs")
    with full.cursor() as con:
        assert rows.rows() == con.sql("SELECT count(*) FROM runs").fetchall()
    assert not more
    many, more = box.ask("FROM range(5000)")
    assert (len(many), more) == (MOST_ROWS, True)


def test_a_question_without_an_end_is_stopped(box: Sandbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("analytics.store.sandbox.ANSWER_WITHIN_S", 0.5)
    with pytest.raises(InputError, match="no answer"):
        box.ask("SELECT count(*) FROM range(100000000000) AS a, range(1000) AS b")


@pytest.mark.parametrize("asked", ROLLUPS, ids=lambda table: table.name)
def test_every_view_that_the_page_names_can_be_asked(asked: Table, box: Sandbox, full: Reader):
    rows, _ = box.ask(f"FROM {asked.name}")
    assert {field.name for field in asked.fields} <= set(rows.columns)
    with full.cursor() as con:
        assert len(rows) == min(len(con.table(asked.name)), MOST_ROWS)


def test_an_answer_as_csv_holds_no_formula_and_is_whole(box: Sandbox):
    rows, _ = box.ask(
        "SELECT '=1+1' AS \"=a\", '-' || repeat('x', 5000) AS b, -1 AS n, ['=1', NULL] AS l, "
        "{'k': '@x'} AS s, NULL::VARCHAR AS u, '' AS e, TIMESTAMP '2026-03-01 10:00:00' AS t"
    )
    head, row = csv.reader(StringIO(answer_csv(rows)))
    assert head == ["'=a", "b", "n", "l", "s", "u", "e", "t"]
    assert row == [
        *("'=1+1", "'-" + "x" * 5_000, "-1", '["=1", null]', '{"k": "@x"}', "", ""),
        "2026-03-01 10:00:00.000000",
    ]


def test_nested_answers_become_plain_text(box: Sandbox):
    rows, _ = box.ask(
        "SELECT [task] AS l, {'mimetype': 'text/html', 'data': task} AS s, now()::TIMESTAMP AS t, 1 AS n "
        "FROM runs LIMIT 1"
    )
    shown = plain(rows)
    assert shown.schema["l"] == shown.schema["s"] == pl.String
    assert shown.schema["n"] == rows.schema["n"]
    assert shown["l"][0].startswith('["')

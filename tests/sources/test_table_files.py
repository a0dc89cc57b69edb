"""One mapping reads the same rows from any file, each once, and says what it cannot read."""

import json
import sqlite3
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.errors import InputError, UnknownNameError
from analytics.sources.table import parse
from analytics.sync import import_paths
from tests.sources.imported import bring, runs
from tests.sources.tables import FILES, MAPPING, ROWS, small


@pytest.mark.parametrize("kind", FILES)
def test_every_file_format_gives_the_same_calls(read_table, kind):
    assert read_table(ROWS, kind=kind).rows == read_table(ROWS, kind="json").rows
    assert not read_table(ROWS, kind=kind).rejects


LABELS = st.text("abcXYZ 019.-éß|'\"", min_size=1, max_size=8).map(str.strip).filter(bool)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "run_id": LABELS,
                "resolved": st.booleans(),
                "start": st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(
                    lambda at: at.isoformat() + "Z"
                ),
                "cost": st.floats(0, 1e4, allow_subnormal=False).map(lambda cost: round(cost, 6)),
                "in": st.integers(0, 10**15),
            }
        ),
        min_size=1,
        max_size=20,
        unique_by=lambda row: row["run_id"],
    )
)
def test_any_rows_are_the_same_calls_in_every_format(read_table, rows):
    text = small(
        'passed = "resolved"\nstarted_at = "start"\ncost_usd = "cost"\ninput_tokens = "in"'
    )
    text = text.replace('id = "id"', 'id = "run_id"')
    first, *others = (read_table(rows, text, kind) for kind in FILES)
    assert len(first.rows) == len(rows)
    for other in others:
        assert other.rows == first.rows


def test_rows_may_be_a_list_inside_each_record(read_table):
    text = (
        'rows = "call"\neach = "failures"\n[fields]\nid = { join = ["run", "n"] }\n'
        'trace_id = "run"\nparent_id = "run"\nop = { value = "record.score" }\nbug_type = "kind"'
    )
    rows = [
        {"run": 1, "failures": [{"n": 1, "kind": "Slow"}, {"n": 2, "kind": "Wrong"}]},
        {"run": 2},
    ]
    found = read_table(rows, text)
    assert [(r["span_id"], r["parent_id"], r["kind"]) for r in found.rows] == [
        ("1/1", "1", "scorer"),
        ("1/2", "1", "scorer"),
    ]
    assert json.loads(found.rows[0]["feedback"])[0]["feedback_type"] == "Slow"
    assert found.reasons == {2: "no list failures"}


def test_a_list_may_stand_inside_a_document(read_table):
    text = small("", 'rows = "run"\npath = "results.runs"')
    document = json.dumps({"results": {"runs": [{"id": "a"}, 3]}})
    found = read_table(document, text)
    assert [row["span_id"] for row in found.rows] == ["a"]
    assert found.reasons == {2: "not an object"}
    with pytest.raises(
        InputError, match=r"no list at path 'runs'.*Lists of objects stand at: results\.runs"
    ):
        read_table(document, small("", 'rows = "run"\npath = "runs"'))


def test_a_table_that_the_mapping_does_not_fit_is_refused(read_table):
    with pytest.raises(InputError, match=r"no column 'run_id' for id.*Did you mean 'runid'\?"):
        read_table([{"runid": 1}])
    with pytest.raises(InputError, match="say path = one of them"):
        read_table(json.dumps({"runs": [{"run_id": 1}]}))
    with pytest.raises(InputError, match="holds no rows"):
        read_table("run_id,resolved\n")


def test_an_sqlite_file_of_several_tables_needs_a_name(read_table, tmp_path):
    file = tmp_path / "two.db"
    con = sqlite3.connect(file)
    con.executescript(
        'CREATE TABLE "a ""b" (id); INSERT INTO "a ""b" VALUES (1); CREATE TABLE c (id);'
        "CREATE VIEW d AS SELECT * FROM c;"
    )
    con.close()
    raw = file.read_bytes()
    with pytest.raises(InputError, match=r'2 tables.*table = one of a "b, c'):
        read_table(raw, small(""))
    with pytest.raises(UnknownNameError, match="Did you mean 'c'"):
        read_table(raw, small("", 'rows = "run"\ntable = "cc"'))
    assert [
        r["span_id"] for r in read_table(raw, small("", "rows = 'run'\ntable = 'a \"b'")).rows
    ] == ["1"]


def test_a_broken_row_is_a_reject_with_its_line(read_table):
    found = read_table(b"id,n\na,1\nb\nc,3\n\xff,4\n", small('errors = "n"'))
    assert [row["span_id"] for row in found.rows] == ["a", "c"]
    assert found.reasons == {3: "1 cells where the first line names 2", 5: "not UTF-8"}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"- &a {id: x}\n- *a\n", "aliases"),
        (b"- id: [\n", "not YAML"),
        (b"PAR1 and no more", "not readable as Parquet"),
        (b"SQLite format 3\0 and no more", "not readable as SQLite"),
        (b'[{"id": 1', "not JSON"),
    ],
)
def test_a_broken_file_is_told(read_table, raw, reason):
    (reject,) = read_table(raw, small("")).rejects
    assert reason in reject.reason


def test_a_file_with_every_column_is_fuller_than_one_without(read_table):
    whole, part = read_table(ROWS), read_table([{"run_id": "a", "resolved": True}])
    assert {row["detail"] for row in whole.rows} == {2}
    assert {row["detail"] for row in part.rows} == {1}
    assert any(note.startswith("no column for started_at, duration") for note in part.notes)


@pytest.mark.parametrize("order", [1, -1])
def test_a_summary_beside_the_details_counts_each_run_once(tmp_path, order):
    FILES["json"](ROWS, tmp_path / "details.json")
    FILES["csv"](
        [{k: r[k] for k in ("run_id", "resolved")} for r in ROWS], tmp_path / "summary.csv"
    )
    files = [str(tmp_path / "details.json"), str(tmp_path / "summary.csv")][::order]
    import_paths(tmp_path / "store", files, mapping=parse("mine", MAPPING))
    report = import_paths(tmp_path / "store", files, mapping=parse("mine", MAPPING))
    assert (report.written.new, report.written.changed) == (0, 0)
    found = runs(tmp_path / "store", "run_id", "outcome", "duration_s")
    assert sorted((r["run_id"], r["outcome"], r["duration_s"]) for r in found) == [
        ("7", "fail", 2.5),
        ("a", "pass", 1.5),
    ]


def test_secrets_are_taken_out(read_table):
    secret = "sk-ant-api03-" + "a1B2" * 20
    found = read_table([{"id": "a", "note": secret, "patch": secret}], small('diff = "patch"'))
    assert secret not in json.dumps(found.rows, default=str)


def test_a_row_keeps_what_it_is_however_often_it_comes(tmp_path):
    FILES["json"](ROWS, tmp_path / "t.json")
    mapping = parse("mine", MAPPING)
    counts = [
        import_paths(tmp_path / "store", [str(tmp_path / "t.json")], mapping=mapping).written
        for _ in range(2)
    ]
    assert [(written.new, written.unchanged) for written in counts] == [(6, 0), (0, 6)]


def test_tables_are_not_recognised_without_a_mapping(tmp_path):
    FILES["csv"](ROWS, tmp_path / "t.csv")
    with pytest.raises(InputError, match="patchpilot map proposes a mapping"):
        bring(tmp_path / "store", tmp_path / "t.csv")

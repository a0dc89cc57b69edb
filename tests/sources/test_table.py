"""What a row of a user's own table becomes: nothing is inferred, nothing is dropped in silence."""

import json
from datetime import datetime

import pytest

from tests.sources.tables import ROWS, facts, small


def test_a_run_says_what_its_row_says(read_table):
    found = read_table(ROWS)
    run = found.row("a")
    assert (run["source"], run["op"], run["kind"], run["agent"]) == (
        "mine",
        "record.run",
        "agent",
        "MyAgent",
    )
    assert (run["started_at"], run["ended_at"]) == (
        datetime(2026, 11, 20, 10),
        datetime(2026, 11, 20, 10, 0, 1, 500_000),
    )
    assert (run["input_tokens"], run["cache_read_tokens"], run["output_tokens"]) == (100, 90, 5)
    assert facts(run) == {"task": "a", "model": "gpt-5", "passed": True, "coverage": 0.855}
    assert json.loads(run["inputs"]) == {"row": {"note": "kept"}}
    assert found.row("7")["cost_usd"] is None
    assert found.row("7")["model"] is None
    tools = {
        (row["parent_id"], row["tool"]): facts(row)["calls"] for row in found.rows if row["tool"]
    }
    assert tools == {("a", "Bash"): 2, ("a", "Read"): 1, ("7", "Bash"): 1, ("7", "Read"): 4}


def test_an_id_that_is_a_number_in_some_rows_is_the_same_text_in_all(read_table):
    rows = [{"id": 7}, {"id": "007"}, {"id": 8.0}, {"id": "x"}]
    assert [row["span_id"] for row in read_table(rows, small("")).rows] == ["7", "007", "8", "x"]


def test_zero_empty_and_unknown_are_kept_apart(read_table):
    rows = [{"id": "a", "n": 0}, {"id": "b", "n": ""}, {"id": "c", "n": "-"}, {"id": "d"}]
    found = read_table(rows, small('errors = { column = "n", null = ["-"] }'))
    assert [facts(row).get("errors") for row in found.rows] == [0, None, None, None]
    assert not found.notes[1:]


def test_what_cannot_be_read_is_unknown_and_told_once(read_table):
    rows = [{"id": str(n), "n": "many" if n else 1} for n in range(4)]
    found = read_table(rows, small('errors = "n"'))
    assert [facts(row).get("errors") for row in found.rows] == [1, None, None, None]
    told = "column n gives no errors in 3 rows, which leaves it unknown: no number (first: row 2, many)."
    assert told in found.notes


@pytest.mark.parametrize(
    ("unit", "written"),
    [
        ("iso", "2026-11-20T10:00:00.250Z"),
        ("iso", "2026-11-20T12:00:00.250+02:00"),
        ("iso", "2026-11-20 10:00:00.250 UTC"),
        ("iso", "2026-11-20T10:00:00.250"),
        ("epoch_s", 1795168800.25),
        ("epoch_ms", 1795168800250),
        ("epoch_us", "1795168800250000"),
        ("epoch_ns", "1795168800250000999"),
    ],
)
def test_a_time_is_utc_however_it_is_written(read_table, unit, written):
    found = read_table(
        [{"id": "a", "at": written}], small(f'started_at = {{ column = "at", unit = "{unit}" }}')
    )
    assert found.rows[0]["started_at"] == datetime(2026, 11, 20, 10, 0, 0, 250_000)
    assumed = [note for note in found.notes if "taken for UTC" in note]
    assert len(assumed) == (written == "2026-11-20T10:00:00.250")


@pytest.mark.parametrize(
    ("unit", "written", "seconds"),
    [("s", 1.5, 1.5), ("ms", 1500, 1.5), ("us", "1500000", 1.5), ("min", 2, 120), ("h", 1, 3600)],
)
def test_a_length_is_in_seconds_whatever_its_unit(read_table, unit, written, seconds):
    text = small(f'total_s = {{ column = "long", unit = "{unit}" }}')
    assert facts(read_table([{"id": "a", "long": written}], text).rows[0])["total_s"] == seconds


@pytest.mark.parametrize(
    ("unit", "written", "share"),
    [("fraction", 0.617, 0.617), ("percent", 61.7, 0.617), ("fraction", "61.7%", 0.617)],
)
def test_a_share_is_from_0_to_1(read_table, unit, written, share):
    text = small(f'coverage = {{ column = "c", unit = "{unit}" }}')
    assert facts(read_table([{"id": "a", "c": written}], text).rows[0])["coverage"] == share


def test_a_share_out_of_bounds_is_unknown(read_table):
    found = read_table([{"id": "a", "c": 61.7}], small('coverage = "c"'))
    assert "coverage" not in facts(found.rows[0])
    assert any("unit = percent" in note for note in found.notes)


def test_a_row_without_a_time_has_the_date_of_the_file_and_no_length(read_table):
    found = read_table([{"id": "a"}, {"id": "b"}], small(""))
    assert {(row["started_at"].timestamp(), row["ended_at"]) for row in found.rows} == {
        (datetime(2026, 11, 1).timestamp(), None)
    }
    assert found.notes == ("no time in 2 rows: the date of the file is taken for it.",)


def test_a_length_without_a_time_is_kept(read_table):
    (row,) = read_table([{"id": "a", "s": 30}], small('duration = "s"')).rows
    assert (row["ended_at"] - row["started_at"]).total_seconds() == 30


def test_a_run_that_is_running_has_no_end(read_table):
    text = small('status = { column = "s", values = { running = ["busy"] } }\nduration = "d"')
    (row,) = read_table([{"id": "a", "s": "Busy", "d": 3}], text).rows
    assert (row["status"], row["ended_at"]) == ("running", None)


def test_an_id_may_be_several_columns(read_table):
    text = 'rows = "run"\n[fields]\nid = { join = ["task", "model"] }'
    rows = [{"task": 1, "model": "a"}, {"task": 1, "model": "b"}, {"task": 2, "model": None}]
    found = read_table(rows, text)
    assert [row["span_id"] for row in found.rows] == ["1/a", "1/b"]
    assert found.reasons == {3: "no id in task + model"}


def test_a_field_may_stand_in_one_of_several_columns(read_table):
    rows = [{"run_id": "a", "n": 1}, {"id": "b", "n": 2}]
    found = read_table(rows, small("").replace('id = "id"', 'id = ["run_id", "id"]'))
    assert [row["span_id"] for row in found.rows] == ["a", "b"]


def test_trials_are_told_apart_by_task_and_attempt(read_table):
    text = 'rows = "trial"\n[fields]\ntask = "t"\nattempt = "n"\npassed = "ok"'
    rows = [{"t": "x", "n": n, "ok": n == 2} for n in (1, 2)]
    found = read_table(rows, text)
    assert len({row["span_id"] for row in found.rows}) == 2
    assert [(facts(r)["attempt"], facts(r)["passed"]) for r in found.rows] == [
        (1, False),
        (2, True),
    ]


def test_rows_without_an_id_are_known_by_what_they_hold(read_table):
    text = 'rows = "run"\n[fields]\npassed = "ok"'
    rows = [{"ok": True, "n": 1}, {"ok": True, "n": 2}, {"ok": True, "n": 2}]
    found = read_table(rows, text)
    assert len(found.rows) == 2
    assert "1 row left out: the same as another, word for word." in found.notes
    assert {r["span_id"] for r in found.rows} == {
        r["span_id"] for r in read_table(rows, text, "csv").rows
    }


def test_two_different_rows_of_one_id_are_not_silently_one(read_table):
    rows = [{"id": "a", "n": 1}, {"id": "b", "n": 1}, {"id": "a", "n": 2}, {"id": "a", "n": None}]
    found = read_table(rows, small('errors = "n"'))
    assert {row["span_id"]: facts(row)["errors"] for row in found.rows} == {"a": 2, "b": 1}
    assert list(found.reasons) == [1, 4]
    assert "join more columns" in found.reasons[1]


def test_calls_hang_below_a_run_of_their_trace(read_table):
    text = (
        'rows = "call"\nagent = "A"\n[fields]\nid = "id"\ntrace_id = "t"\nparent_id = "up"\n'
        'tool = "tool"\nmodel = "model"\nstarted_at = "at"\nended_at = "end"\n'
    )
    at = "2026-11-20T10:00:0{}Z"
    rows = [
        {
            "id": "1",
            "t": "x",
            "up": None,
            "tool": None,
            "model": "m",
            "at": at.format(1),
            "end": at.format(2),
        },
        {
            "id": "2",
            "t": "x",
            "up": "1",
            "tool": "grep",
            "model": None,
            "at": at.format(2),
            "end": at.format(3),
        },
        {
            "id": "3",
            "t": "x",
            "up": None,
            "tool": "ls",
            "model": None,
            "at": at.format(3),
            "end": at.format(5),
        },
        {
            "id": "4",
            "t": None,
            "up": None,
            "tool": "ls",
            "model": None,
            "at": at.format(3),
            "end": None,
        },
    ]
    found = read_table(rows, text)
    assert {r["span_id"]: (r["op"], r["parent_id"]) for r in found.rows} == {
        "1": ("record.llm", "x"),
        "2": ("record.tool", "1"),
        "3": ("record.tool", "x"),
        "x": ("record.run", None),
    }
    run = found.row("x")
    assert (run["started_at"].second, run["ended_at"].second, run["detail"]) == (1, 5, 1)
    assert found.reasons == {4: "trace_id is missing"}


def test_tool_calls_in_messages_are_calls_with_their_answers(read_table):
    asked = {"id": "c1", "function": {"name": "search", "arguments": '{"q": "x"}'}}
    messages = [
        {"role": "user", "content": "go"},
        {"role": "assistant", "tool_calls": [asked, {**asked, "id": "c2"}]},
        {"role": "tool", "tool_call_id": "c1", "content": "found"},
        {"role": "tool", "tool_call_id": "c2", "content": "Error: none"},
    ]
    text = small('messages = { column = "traj", error_prefix = "Error" }')
    _, first, second = read_table([{"id": "a", "traj": messages}], text).rows
    assert (first["tool"], json.loads(first["inputs"]), facts(first)) == (
        "search",
        {"q": "x"},
        {"result": "found"},
    )
    assert (first["status"], second["status"]) == ("ok", "error")
    assert first["started_at"] < second["started_at"] or first["span_id"] != second["span_id"]


def test_a_stated_rate_is_held_against_its_counts(read_table):
    text = small(
        'runs_total = "n"\nruns_passed = "ok"\npass_rate = { column = "rate", unit = "percent" }',
        'rows = "batch"',
    )
    rows = [
        {"id": "right", "n": 225, "ok": 80, "rate": 35.6},
        {"id": "wrong", "n": 224, "ok": 139, "rate": 61.7},
    ]
    found = read_table(rows, text)
    assert [facts(row)["runs_total"] for row in found.rows] == [225, 224]
    said = [note for note in found.notes if "pass rate" in note]
    assert said == ["wrong states a pass rate of 61.7% (as if of 225), but 139 of 224 are 62.1%."]

"""Weave's bulk export: written here by DuckDB after the server's table, with every sentinel it has."""

import json
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest

from tests.sources.imported import bring, runs

EPOCH = "1970-01-01 00:00:00+00:00"
SUMMARY = json.dumps({"usage": {"gpt-x": {"prompt_tokens": 10, "completion_tokens": 2}}})


def call(call_id: str, **changed: object) -> dict[str, object]:
    return {
        "id": call_id,
        "project_id": "UHJvamVjdEludGVybmFsSWQ6MQ==",
        "created_at": "2026-11-20 10:00:05+00:00",
        "trace_id": "t1",
        "op_name": "weave-trace-internal:///UHJv/op/Orchestrator.run:0mwLMw",
        "started_at": "2026-11-20 10:00:00.123456+00:00",
        "ended_at": "2026-11-20 10:00:02+00:00",
        "updated_at": EPOCH,
        "deleted_at": EPOCH,
        "parent_id": "",
        "display_name": "",
        "exception": "",
        "otel_dump": "",
        "wb_user_id": "u",
        "wb_run_id": "",
        "thread_id": "",
        "turn_id": "",
        "inputs_dump": '{"task": "shop"}',
        "output_dump": '{"success": true}',
        "summary_dump": SUMMARY,
        "attributes_dump": "{}",
    } | changed


TIMES = ("created_at", "started_at", "ended_at", "updated_at", "deleted_at")


def write(
    con, path: Path, *calls: dict, zone: str | None = "UTC", without: tuple[str, ...] = ()
) -> Path:
    """Write calls by DuckDB, on a machine whose own zone is another."""
    names = [name for name in call("x") if name not in without]
    columns = {
        name: pa.array([_when(c[name], zone) for c in calls], pa.timestamp("us", zone))
        if name in TIMES
        else pa.array([c[name] for c in calls], pa.string())
        for name in names
    }
    columns["input_refs"] = pa.array([[] for _ in calls], pa.list_(pa.string()))
    con.execute("SET TimeZone = 'America/New_York'")
    con.from_arrow(pa.table(columns)).write_parquet(str(path))
    return path


def _when(written: str, zone: str | None) -> datetime:
    read = datetime.fromisoformat(written)
    return read if zone else read.replace(tzinfo=None)


@pytest.fixture
def bulk(con, tmp_path, read):
    def make(*calls: dict, **options):
        return read.file(write(con, tmp_path / "data.parquet", *calls, **options), "weave-parquet")

    return make


@pytest.mark.parametrize("zone", ["UTC", None])
def test_sentinels_are_unknown_and_times_are_utc(bulk, zone):
    (row,) = bulk(call("c1"), zone=zone).rows
    assert row["op"] == "Orchestrator.run"
    assert row["op_version"] == "0mwLMw"
    assert row["started_at"] == datetime(2026, 11, 20, 10, 0, 0, 123456)
    assert row["ended_at"] == datetime(2026, 11, 20, 10, 0, 2)
    unknown = ("parent_id", "display_name", "thread_id", "error_message", "error_type")
    assert [row[name] for name in unknown] == [None] * 5
    assert (row["model"], row["input_tokens"], row["output_tokens"]) == ("gpt-x", 10, 2)
    assert (json.loads(row["inputs"]), row["status"]) == ({"task": "shop"}, "ok")


def test_a_call_without_an_end_is_running_and_one_that_raised_is_an_error(bulk):
    raised = json.dumps({"type": "ValueError", "message": "no"})
    rows = bulk(call("c1", ended_at=EPOCH, output_dump=""), call("c2", exception=raised)).rows
    assert [
        (row["status"], row["error_type"]) for row in sorted(rows, key=lambda row: row["span_id"])
    ] == [
        ("running", None),
        ("error", "ValueError"),
    ]


def test_deleted_calls_are_left_out_and_of_several_states_the_latest_counts(bulk):
    found = bulk(
        call("c1", ended_at=EPOCH, output_dump=""),
        call("c1", updated_at="2026-11-20 10:05:00+00:00", display_name="renamed"),
        call("c1", created_at="2026-11-20 10:01:00+00:00"),
        call("c2"),
        call("c2", deleted_at="2026-11-21 10:00:00+00:00", updated_at="2026-11-21 10:00:00+00:00"),
    )
    assert [(row["span_id"], row["display_name"]) for row in found.rows] == [("c1", "renamed")]
    assert found.notes == ("1 deleted calls are left out.",)


def test_spans_that_came_over_otel_keep_their_names(bulk):
    otel = {"name": "chat", "attributes": {"gen_ai": {"operation": {"name": "chat"}}}}
    (row,) = bulk(call("c1", op_name="chat gpt-x", otel_dump=json.dumps(otel))).rows
    assert row["kind"] == "llm"
    assert json.loads(row["attributes"])["otel_span"]["name"] == "chat"


def test_what_a_call_needs_and_what_is_no_json(bulk):
    found = bulk(
        call(""),
        call("c2", started_at=EPOCH),
        call("c3", trace_id=""),
        call(
            "c4",
            inputs_dump="{broken",
            output_dump='{"a": NaN}',
            summary_dump="no",
            attributes_dump="[",
        ),
    )
    assert found.reasons == {
        1: "id is missing",
        2: "started_at is missing",
        3: "trace_id is missing",
    }
    (row,) = found.rows
    assert (json.loads(row["inputs"]), json.loads(row["output"])) == ("{broken", '{"a": NaN}')
    assert (row["attributes"], row["input_tokens"]) == (None, None)


def test_columns_that_an_older_server_lacks_are_unknown(bulk):
    lacking = ("thread_id", "turn_id", "otel_dump", "deleted_at", "updated_at", "display_name")
    (row,) = bulk(call("c1"), without=lacking).rows
    assert (row["thread_id"], row["display_name"]) == (None, None)


def test_the_export_is_recognised_and_importing_twice_changes_nothing(con, tmp_path):
    path = write(
        con, tmp_path / "data.parquet", call("c1"), call("c2", parent_id="c1", op_name="step")
    )
    store = tmp_path / "store"
    report = bring(store, path)
    assert [file.format for file in report.files] == ["weave-parquet"]
    assert runs(store, "run_id", "outcome", "task") == [
        {"run_id": "c1", "outcome": "pass", "task": "shop"}
    ]
    again = bring(store, path)
    assert (again.written.new, again.written.changed) == (0, 0)

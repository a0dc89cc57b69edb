"""Pulling from a real Weave server on loopback, with its faults."""

import http.server
import json
import threading
from collections import defaultdict
from datetime import date, datetime, timedelta

import httpx
import pytest
from weave_server import launch

from analytics.errors import RemoteError
from analytics.sources.weave_api import Known, pull
from analytics.sources.weave_api import server as questions
from analytics.sources.weave_api.remote import Remote
from tests.sources.records import call

pytestmark = pytest.mark.weave_server
PROJECT = "acme/qa"
OLD, NEW = datetime(2026, 11, 1, 10), datetime(2026, 11, 20, 10)


@pytest.fixture(scope="module")
def address():
    with launch.running_server() as url:
        yield url


@pytest.fixture
def server(address, monkeypatch):
    httpx.post(f"{address}/_reset").raise_for_status()
    monkeypatch.setattr(questions.Server, "page_size", 50)
    monkeypatch.setenv("WF_TRACE_SERVER_URL", address)
    monkeypatch.setenv("WANDB_API_KEY", "the-key")
    return Server(address)


class Server:
    """Writes to the server as the SDK does."""

    def __init__(self, address):
        self.address = address

    def post(self, path, body):
        return httpx.post(self.address + path, json=body).raise_for_status().json()

    def log(self, *ids, at, **changed):
        batch = [
            self.record(each, at + timedelta(seconds=n // 7), changed) for n, each in enumerate(ids)
        ]
        self.post(f"/v2/{PROJECT}/calls/complete", {"batch": batch})

    def record(self, call_id, when, changed):
        time = when.isoformat(timespec="microseconds") + "Z"
        given = {"started_at": time, "ended_at": time, "summary": {}, "op_name": "run"} | changed
        record = call(call_id, **given)
        return {name: record[name] for name in record if name not in ("turn_id", "wb_user_id")}

    def start(self, call_id, at):
        time = at.isoformat() + "Z"
        start = {"id": call_id, "op_name": "run", "trace_id": "t", "started_at": time}
        start |= {"project_id": PROJECT, "attributes": {}, "inputs": {}}
        self.post(f"/v2/{PROJECT}/call/start", {"start": start})

    def end(self, call_id, started, at):
        end = {"id": call_id, "project_id": PROJECT, "output": 1, "summary": {}}
        end |= {"ended_at": at.isoformat() + "Z", "started_at": started.isoformat() + "Z"}
        self.post(f"/v2/{PROJECT}/call/end", {"end": end})

    def fault(self, kind, count):
        self.post("/_fault", {"kind": kind, "count": count})

    def delete(self, *ids):
        self.post("/calls/delete", {"project_id": PROJECT, "call_ids": list(ids)})


@pytest.fixture
def pulled(tmp_path):
    """Pull and return the report and the calls by id; each comes once."""

    def run(**how):
        target = tmp_path / "pulled.jsonl"
        report = pull(Remote.from_environment(PROJECT), target, **how)
        calls = [json.loads(line) for line in target.read_bytes().splitlines()]
        found = {each["id"]: each for each in calls}
        assert len(found) == len(calls) == report.calls_count
        return report, found

    return run


def known_of(calls):
    days = defaultdict(set)
    for each in calls.values():
        days[date.fromisoformat(each["started_at"][:10])].add(each["id"])
    return Known(counts={day: len(ids) for day, ids in days.items()}, ids=days.__getitem__)


IDS = [f"c{n:03}" for n in range(230)]


def test_everything_comes_in_pages(server, pulled):
    server.log(*IDS, at=OLD)
    told = []
    report, found = pulled(progress=lambda done, of: told.append((done, of)))
    assert sorted(found) == IDS
    assert told[-1] == (230, 230)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert report.deleted_ids == ()
    assert {"started_at", "summary", "output"} <= set(found["c000"])


def test_many_calls_of_one_moment_all_come(server, pulled):
    server.log(*IDS, at=OLD, started_at="2026-11-01T10:00:00.000001Z")
    assert sorted(pulled()[1]) == IDS


@pytest.mark.parametrize("kind", ["429", "503", "truncate"])
def test_a_fault_that_passes_loses_nothing(server, pulled, kind, monkeypatch):
    monkeypatch.setattr(questions.time, "sleep", lambda seconds: None)
    server.log(*IDS, at=OLD)
    server.fault(kind, 4)
    assert sorted(pulled()[1]) == IDS


@pytest.mark.parametrize("kind", ["429", "503"])
def test_a_fault_that_stays_is_one_sentence(server, pulled, kind, monkeypatch):
    monkeypatch.setattr(questions.time, "sleep", lambda seconds: None)
    server.log(*IDS, at=OLD)
    server.fault(kind, 1000)
    with pytest.raises(RemoteError, match=f"status {kind}.*Nothing was stored"):
        pulled()


def test_late_enders_come_though_they_began_long_ago(server, pulled):
    server.log("old", at=OLD)
    server.start("late", OLD)
    first, found = pulled()
    assert found["late"]["ended_at"] is None
    server.end("late", OLD, NEW)
    _, found = pulled(since=NEW - timedelta(hours=1), overlap=timedelta(hours=1))
    assert list(found) == ["late"]
    assert found["late"]["output"] == 1
    assert abs(first.watermark_at - datetime.now()) < timedelta(days=1)


def test_open_calls_are_asked_for_again_and_the_gone_are_told(server, pulled):
    server.start("open", OLD)
    server.log("new", at=NEW)
    report, found = pulled(since=NEW, open_ids=["open", "gone"])
    assert sorted(found) == ["new", "open"]
    assert report.deleted_ids == ("gone",)


def test_new_feedback_brings_its_call(server, pulled):
    server.log("old", "other", at=OLD)
    before = datetime.now() - timedelta(days=1)
    server.post(
        "/feedback/create",
        {
            "project_id": PROJECT,
            "weave_ref": f"weave:///{PROJECT}/call/old",
            "feedback_type": "wandb.note.1",
            "payload": {"note": "well done"},
        },
    )
    _, found = pulled(since=before)
    assert list(found) == ["old"]
    assert found["old"]["summary"]["weave"]["feedback"][0]["payload"]["note"] == "well done"


def test_deleted_calls_are_told_and_missed_ones_fetched(server, pulled):
    for n in range(5):
        server.log(*(f"{n}-{m}" for m in range(20)), at=OLD + timedelta(days=n))
    server.log("new-1", "new-2", at=NEW)
    _, found = pulled()
    known = known_of(found)
    server.delete("2-7", "4-0", "new-1")
    server.log("missed-1", at=OLD + timedelta(days=1))
    report, found = pulled(since=NEW, known=known)
    assert report.deleted_ids == ("2-7", "4-0", "new-1")
    assert sorted(found) == ["missed-1", "new-2"]


def test_an_empty_project_gives_an_empty_file(server, pulled):
    report, found = pulled(since=NEW, known=Known())
    assert (report.calls_count, found) == (0, {})


def test_what_is_pulled_is_read_as_an_export(server, read, tmp_path):
    server.log("a", at=OLD, output={"passed": True})
    target = tmp_path / "pulled.jsonl"
    pull(Remote.from_environment(PROJECT), target)
    out = tmp_path / "out"
    out.mkdir()
    result = read.file(target, "weave-jsonl", out)
    assert [(row["span_id"], row["op"], row["output"]) for row in result.rows] == [
        ("a", "run", '{"passed":true}')
    ]


class Stranger(http.server.ThreadingHTTPServer):
    """Answers everything the same."""

    status = 200
    body = b"{}"

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Answer)
        self.seen = []


class _Answer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        stranger = self.server
        assert isinstance(stranger, Stranger)
        stranger.seen.append(self.headers.get("Authorization"))
        self.send_response(stranger.status)
        self.send_header("Content-Length", str(len(stranger.body)))
        self.end_headers()
        self.wfile.write(stranger.body)

    def log_message(self, format, *args):
        pass


@pytest.fixture
def stranger(monkeypatch, tmp_path):
    """An HTTP server that is no trace server, and the environment that leads to it."""
    server = Stranger()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("WF_TRACE_SERVER_URL", f"http://127.0.0.1:{server.server_port}")
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, b"", "there is no key .401.; set WANDB_API_KEY"),
        (403, b"", "there is no key .403."),
        (404, b"", "there is no project acme/qa"),
        (302, b"", "status 302"),
        (200, b"<html>log in</html>", "did not answer in JSON"),
        (200, b"[]", "did not answer in JSON"),
        (200, b"{}", "did not answer in JSON"),
    ],
)
def test_a_refusal_is_one_sentence(stranger, pulled, status, body, said):
    stranger.status, stranger.body = status, body
    with pytest.raises(RemoteError, match=said) as caught:
        pulled()
    assert "Nothing was stored" in str(caught.value)


def test_nobody_there_is_one_sentence(pulled, monkeypatch):
    monkeypatch.setattr(questions.time, "sleep", lambda seconds: None)
    monkeypatch.setenv("WF_TRACE_SERVER_URL", f"http://127.0.0.1:{launch.free_port()}")
    with pytest.raises(RemoteError, match="cannot be reached"):
        pulled()


def test_the_key_is_taken_from_the_environment_or_netrc_and_shown_nowhere(
    stranger, pulled, monkeypatch, tmp_path
):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login user password from-netrc\n")
    (tmp_path / ".netrc").chmod(0o600)
    remote = Remote.from_environment(PROJECT)
    assert remote.api_key == "from-netrc"
    monkeypatch.setenv("WANDB_API_KEY", "from-variable")
    remote = Remote.from_environment(PROJECT)
    assert remote.api_key == "from-variable"
    assert "from-variable" not in repr(remote)
    stranger.status = 403
    with pytest.raises(RemoteError, match="the key was refused") as caught:
        pulled()
    assert "from-variable" not in str(caught.value)
    assert stranger.seen[-1] == httpx.BasicAuth("api", "from-variable")._auth_header


@pytest.mark.parametrize("project", ["qa", "a/b/c", "", "/", "acme/"])
def test_a_project_is_an_entity_and_a_name(project):
    with pytest.raises(RemoteError, match="write entity/project"):
        Remote.from_environment(project)

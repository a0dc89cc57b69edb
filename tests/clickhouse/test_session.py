"""Asking a server: what is sent, what is left behind, and what is said when it will not answer."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from analytics.clickhouse.evaluate import evaluate
from analytics.clickhouse.expression import Sql, value
from analytics.clickhouse.server import PASSWORD, Address, Session
from analytics.clickhouse.views import Read
from analytics.errors import InputError, RemoteError, UnknownNameError
from analytics.metrics.catalog import metric
from analytics.redaction import redact
from tests.clickhouse.calls import ODD, PROJECT
from tests.clickhouse.conftest import SECRET, Server, opened

PATCHPILOT = Path(sys.executable).with_name("patchpilot")
BOUGHT = "clickhouse://reader@127.0.0.1:8123/weave"

LINE_ENDS = ("\x85", "\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e")
"""Where Python's own idea of a line ends, and nobody else's."""

pytestmark = pytest.mark.usefixtures("asking")


class Answering:
    """A server that says one thing after the other, the last one again and again."""

    def __init__(self) -> None:
        answering = self
        self.bodies = [""]

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                bodies = answering.bodies
                body = (bodies.pop(0) if len(bodies) > 1 else bodies[0]).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"clickhouse://reader@127.0.0.1:{self.server.server_port}/weave"


@pytest.fixture
def answering() -> Iterator[Answering]:
    answering = Answering()
    thread = Thread(target=answering.server.serve_forever, args=(0.05,))
    thread.start()
    yield answering
    answering.server.shutdown()
    thread.join()
    answering.server.server_close()


def metrics(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PATCHPILOT, "metrics", *arguments],
        env={**os.environ, PASSWORD: SECRET},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


@pytest.mark.parametrize("user", ["reader", "looker"])
def test_the_command_prints_the_metrics_of_a_project(both: str, user: str):
    engine = both.replace("reader", user).replace(both.partition("=")[2], "other")
    done = metrics("runs", "pass_rate", "--engine", engine, "--format", "json")
    assert done.returncode == 0, done.stderr
    assert [told["metric"] for told in json.loads(done.stdout)] == ["runs", "pass_rate"]
    assert json.loads(done.stdout)[0]["value"] == 1
    assert "note: 1 call of project other." in done.stderr
    assert "note: 1 row without a start, a trace or an op: left out." in done.stderr
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("cost_reported", "--engine", BOUGHT), "cost_reported cannot be worked out on ClickHouse:"),
        (("pas_rate", "--engine", BOUGHT), "Did you mean 'pass_rate'?"),
        (("--by", "varient", "--engine", BOUGHT), "Did you mean 'variant'?"),
        (("--engine", "https://reader@host/weave"), "no address of a ClickHouse server"),
        (("--engine", f"clickhouse://reader:{SECRET}@host/weave"), "holds a password"),
        (("--engine", BOUGHT, "--demo"), "--engine and --store or --demo exclude each other"),
        (("--semantics", "generic"), "--semantics is for --engine"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_in_one_sentence(arguments: tuple[str, ...], said: str):
    done = metrics(*arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert SECRET not in done.stderr


@pytest.mark.parametrize(
    ("text", "base", "database", "user", "project"),
    [
        ("clickhouse://db.example", "http://db.example:8123", "default", "default", None),
        ("clickhouse://me%40x@[::1]:8443/w?project=a%2Fb", "https://[::1]:8443", "w", "me@x", "a/b"),
    ],
)  # fmt: skip
def test_an_address_says_where_who_and_what(
    text: str, base: str, database: str, user: str, project: str | None
):
    found = Address.parse(text)
    assert (found.base_url, found.database, found.user) == (base, database, user)
    assert (found.project, found.password) == (project, SECRET)
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    "text", ["clickhouse://host:port/w", "clickhouse:///w", "clickhouse://h/w?secure=1"]
)
def test_an_address_that_says_nothing_is_refused(text: str):
    with pytest.raises(InputError, match=r"^the (address of the )?engine .*\.$"):
        Address.parse(text)


@pytest.mark.parametrize("text", [*ODD, "'", "\\'", "\r\0", "{a:Int8}", "".join(LINE_ENDS)])
def test_whatever_is_bound_comes_through_as_it_is(merged: str, text: str):
    with Session(Address.parse(merged)) as session:
        bound = value(text)
        assert session.ask(Sql(text=f"SELECT {bound.text}", parameters=bound.parameters)) == [
            [text]
        ]
        session.make("texts", "CREATE TEMPORARY TABLE texts (told String)", {})
        session.fill("texts", ["told"], [[text]])
        assert session.ask("SELECT told FROM texts") == [[text]]


def test_a_session_can_change_nothing_of_weaves_and_leaves_nothing(
    on_merged: tuple[Session, Read], merged: str, server: Server
):
    before = server.do("SELECT count(), sum(cityHash64(id)) FROM merged.calls_merged")
    for statement in (
        "INSERT INTO calls_merged (id) VALUES ('x')",
        "DROP TABLE calls_merged",
        "CREATE VIEW seen AS SELECT 1",
        "SET readonly = 0",
    ):
        with pytest.raises(RemoteError, match="READONLY"):
            on_merged[0].ask(statement)
    with Session(Address.parse(merged)) as session:
        session.make("kept", "CREATE TEMPORARY TABLE kept AS SELECT 1 AS x", {})
        left = session
        assert session.ask("SELECT x FROM kept") == [[1]]
    assert server.do("SELECT count(), sum(cityHash64(id)) FROM merged.calls_merged") == before
    assert left._client.is_closed


def test_a_cut_shows_no_secret_and_takes_no_two_for_one(merged: str):
    keys = [f"use sk-proj-{letter * 40}" for letter in "abc"]
    with Session(Address.parse(merged)) as session:
        session.make("runs", "CREATE TEMPORARY TABLE runs (task String, unit_id String)", {})
        session.fill("runs", ["task", "unit_id"], [[key, key] for key in (*keys, "plain")])
        found = evaluate(session, [metric("runs")], ["task"])
    first = redact(keys[0])
    assert first != keys[0]
    assert {cut: told["runs"].value for cut, told in found.items()} == {
        ("plain",): 1, (first,): 1, (f"{first} (2)",): 1, (f"{first} (3)",): 1,
    }  # fmt: skip


def test_a_user_who_may_only_read_is_told_what_is_missing(merged: str, server: Server):
    with pytest.raises(RemoteError, match=r"user 'onlooker' may neither .*readonly = 1"):
        Session(Address.parse(server.address("merged", "onlooker")))


def test_a_wrong_password_is_told_without_saying_it(merged: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(PASSWORD, "an0ther\nsecret")
    with pytest.raises(RemoteError, match="AUTHENTICATION_FAILED") as told:
        Session(Address.parse(merged))
    assert "an0ther" not in str(told.value)


def test_a_server_that_is_not_there_is_told_by_its_address():
    with pytest.raises(RemoteError, match=r"^no answer from http://127\.0\.0\.1:1: .*\.$"):
        Session(Address.parse("clickhouse://127.0.0.1:1/weave"))


@pytest.mark.parametrize(
    "body",
    [
        "", "<html>login</html>", "[]", "{}", "null", '{"a": 1}', '["24.8.1"]', '["24.8.1", "two"]',
        '["v24", "2"]', '["24.8.1", null]', '["24.8.1", "2", "3"]', '["24.8.1", "2"]\n["24.8.1", "2"]',
        "[" * 100_000, "\ufeff", '["24.8.1", "2"', f"<p>{SECRET}</p>",
    ],
    ids=range(16),
)  # fmt: skip
def test_what_is_no_answer_of_clickhouse_is_told_in_one_sentence(answering: Answering, body: str):
    answering.bodies = [body]
    with pytest.raises(RemoteError, match=r"^http://127\.0\.0\.1:\d+ does not answer as ") as told:
        Session(Address.parse(answering.address))
    assert SECRET not in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("body", ["<html>", "", "[]", "{}", '["a"]', "[null]", "[1]\n[2]"])
def test_an_odd_answer_in_the_middle_is_told_in_one_sentence(answering: Answering, body: str):
    answering.bodies = ['["24.8.1.2684", "2"]\n', body]
    with (
        Session(Address.parse(answering.address)) as session,
        pytest.raises(RemoteError, match="does not answer as ClickHouse does"),
    ):
        session.number("SELECT count()")


@pytest.mark.parametrize("text", LINE_ENDS)
def test_a_text_that_ends_a_line_for_python_comes_through(answering: Answering, text: str):
    said = json.dumps([f"a{text}b"], ensure_ascii=text < " ")
    answering.bodies = ['["24.8.1.2684", "2"]\n', f"{said}\n{said}\n"]
    with Session(Address.parse(answering.address)) as session:
        assert session.ask("SELECT 1") == [[f"a{text}b"]] * 2


def test_a_project_is_named_where_there_are_several(both: str, server: Server):
    whole = both.partition("?")[0]
    with pytest.raises(InputError, match=rf"hold 2 projects.*{PROJECT}, other"):
        next(opened(whole))
    with pytest.raises(UnknownNameError, match=r"unknown project 'othr'\. Did you mean 'other'"):
        next(opened(f"{whole}?project=othr"))
    server.do("CREATE DATABASE empty")
    with pytest.raises(RemoteError, match="none of Weave's"):
        next(opened(server.address("empty")))

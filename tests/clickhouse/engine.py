"""ClickHouse's own engine (chdb) behind the HTTP interface of a ClickHouse server, for tests: a script.

It stands in for a server, which cannot be had everywhere: the engine is real, so is the socket; what is
imitated is the little of the protocol that a client of ours uses (sessions, settings, parameters, users).
A session is a connection of chdb, so that temporary tables and settings are its own.
"""

import argparse
import base64
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import chdb

OWN = {"database", "session_id", "session_timeout", "query", "default_format", "wait_end_of_query"}

USERS = {"owner": 0, "reader": 0, "looker": 2, "onlooker": 1}
"""User -> the setting ``readonly`` that each begins with. One password for all."""


class Engine:
    """All sessions of one server, and who may ask."""

    def __init__(self, password: str) -> None:
        self.lock = Lock()
        self._users = {
            "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode(): readonly
            for user, readonly in USERS.items()
        }
        self._sessions: dict[str, Any] = {}

    def knows(self, authorization: str) -> bool:
        """Say whether somebody may ask."""
        return authorization in self._users

    def answer(self, authorization: str, asked: dict[str, str], body: str) -> str:
        """Do what was asked, in its session."""
        session = self._session(asked, self._users[authorization])
        for name, value in asked.items():
            if name not in OWN and not name.startswith("param_"):
                self._set(session, name, value)
        query = "\n".join(part for part in (asked.get("query"), body) if part)
        bound = {k.removeprefix("param_"): v for k, v in asked.items() if k.startswith("param_")}
        return str(session.query(query, asked.get("default_format", "TabSeparated"), params=bound))

    def _session(self, asked: dict[str, str], readonly: int) -> Any:
        name = asked.get("session_id", "")
        if name not in self._sessions:
            self._sessions[name] = chdb.connect(":memory:")
            if asked.get("database"):
                self._sessions[name].query(f"USE {asked['database']}")
            if readonly:
                self._sessions[name].query(f"SET readonly = {readonly}")
        return self._sessions[name]

    def _set(self, session: Any, name: str, value: str) -> None:
        # A session that is read-only may not say so again.
        now = str(session.query(f"SELECT toString(getSetting('{name}'))", "TabSeparated")).strip()
        if now not in (value, {"0": "false", "1": "true"}.get(value)):
            session.query(f"SET {name} = '{value}'")


class Handler(BaseHTTPRequestHandler):
    """One request."""

    engine: Engine
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer as ClickHouse does: 200 and rows, or its code and sentence."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        who = self.headers.get("Authorization") or ""
        if not self.engine.knows(who):
            self._reply(
                403, "Code: 516. DB::Exception: Authentication failed. (AUTHENTICATION_FAILED)\n"
            )
            return
        asked = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        try:
            with self.engine.lock:
                said = self.engine.answer(who, asked, body)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the client is told
            self._reply(500, f"{fault}\n")
        else:
            self._reply(200, said)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _reply(self, status: int, text: str) -> None:
        sent = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)


def main() -> None:
    """Serve until standard input closes; the first line says the port."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--password", default="")
    arguments = parser.parse_args()
    Handler.engine = Engine(arguments.password)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        sys.stdout.write(f"{server.server_address[1]}\n")
        sys.stdout.flush()
        sys.stdin.read()
        server.shutdown()
    # The engine complains of its own end; there is nothing left to tidy up.
    os._exit(0)


if __name__ == "__main__":
    main()

"""Starts the dashboard as a user does, and talks to it as browsers and strangers would."""

import os
import re
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

PATCHPILOT = Path(sys.executable).with_name("patchpilot")
LINE = re.compile(r"PatchPilot dashboard: (http://\S+:(\d+)) \(Ctrl-C stops it\)\n")
PATIENCE_S = 60
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Without it, httpx reads all of this machine's for each request, to an address that has none."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """A dashboard that runs."""

    process: subprocess.Popen[str]
    line: str
    """What it said when it was ready."""
    port: int

    @property
    def origin(self) -> str:
        """Address of its pages, by the name that is always its own."""
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str = "/", **headers: str | bytes) -> httpx.Response:
        """Ask for a path; underscores in the names of headers are dashes."""
        return self.request("GET", path, content="", **headers)

    def request(
        self, method: str, path: str, *, content: str = "", **headers: str | bytes
    ) -> httpx.Response:
        """Send a request as it is, without following redirects."""
        told = [
            (name.replace("_", "-").encode(), value if isinstance(value, bytes) else value.encode())
            for name, value in headers.items()
        ]
        return httpx.request(
            method,
            f"{self.origin}{path}",
            headers=told,
            content=content,
            timeout=PATIENCE_S,
            verify=_NO_CERTIFICATES,
        )

    def handshake(
        self,
        path: str = "/ws?session_id=s_strange",
        *,
        host: str | None = None,
        origin: str | None = None,
        more: str = "",
    ) -> int:
        """Ask for a websocket and return the status: 101 where it was opened."""
        head = [
            f"GET {path} HTTP/1.1",
            f"Host: {host or f'127.0.0.1:{self.port}'}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            *([f"Origin: {origin}"] if origin is not None else []),
            *([more] if more else []),
        ]
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S) as line:
            line.sendall("\r\n".join([*head, "", ""]).encode())
            return int(line.recv(64).split()[1])

    def stop(self, how: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
        """End it and return its exit code, and what it still said on both outputs."""
        self.process.send_signal(how)
        said, complained = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, said, complained


@contextmanager
def serving(
    store: Path, *arguments: str | Path, environment: dict[str, str] | None = None
) -> Iterator[Served]:
    """Serve a store on a free port until the block ends."""
    command = [PATCHPILOT, "serve", "--store", store, "--port", "0", *arguments]
    process = subprocess.Popen(
        command,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stderr
    try:
        line = process.stdout.readline()
        while line and not LINE.fullmatch(line):
            line = process.stdout.readline()
        found = LINE.fullmatch(line)
        if found is None:
            raise RuntimeError(f"the dashboard did not start: {process.stderr.read()}")
        yield Served(process=process, line=line, port=int(found[2]))
    finally:
        process.kill()
        process.communicate()


def refused(*arguments: str | Path, environment: dict[str, str] | None = None) -> str:
    """Return the sentence with which a dashboard refuses to start; it must be one, without a traceback."""
    done = subprocess.run(
        [PATCHPILOT, "serve", *arguments],
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 1, done
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr

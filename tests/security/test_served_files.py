"""The server gives its pages and what belongs to them; no file and no code."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.pages import PAGES
from tests.server.launch import Served, serving

CLIMBS = (
    "/../../../../../../../../etc/passwd",
    "//etc/passwd",
    "/..%2f..%2f..%2fpyproject.toml",
    "/%2e%2e/%2e%2e/pyproject.toml",
    "/..%5c..%5cpyproject.toml",
    "/%252e%252e/pyproject.toml",
    "/public/../../../../../../../../etc/passwd",
    "/public//etc/passwd",
    "/public/..%2f..%2fpyproject.toml",
    "/assets/../../../../../../../../../../../../etc/passwd",
    "/assets//etc/passwd",
    "/assets/..%2f..%2f..%2f..%2findex.html",
    "/runs/public/..%2f..%2f..%2fpyproject.toml",
    "/runs/..%2fapp.py",
    "/app.py",
    "/runs.py",
    "/dashboard/app.py",
    "/catalog.sqlite",
    "/openapi.json",
    "/docs",
    "/api/files/download?path=/etc/passwd",
    "/?file=/etc/passwd",
    "/runs/?file=../../pyproject.toml",
    "/explore/?file=..%2fapp.py",
)
SENT = {
    "/api/files/list_files": '{"path": "/"}',
    "/api/files/file_details": '{"path": "/etc/passwd"}',
    "/api/files/create": '{"path": "/tmp", "type": "file", "name": "x"}',
    "/api/home/workspace_files": '{"includeMarkdown": false}',
    "/api/kernel/read_code": "{}",
    "/api/kernel/run": '{"cellIds": ["x"], "codes": ["open(\\"/etc/passwd\\").read()"]}',
    "/api/kernel/execute": '{"code": "1"}',
    "/api/kernel/scratchpad/run": '{"code": "1"}',
    "/api/kernel/save": "{}",
    "/api/kernel/shutdown": "{}",
    "/api/export/html": '{"download": false, "files": [], "includeCode": true}',
    "/api/export/script": '{"download": false}',
    "/api/packages/add": '{"package": "x"}',
    "/api/secrets/keys": '{"requestId": "1"}',
    "/api/storage/download": "{}",
    "/api/sql/validate": "{}",
    "/api/ai/chat": "{}",
    "/runs/api/kernel/read_code": "{}",
    "/explore/api/kernel/run": "{}",
}
"""What an editor of notebooks would send to the server that ours stands on."""

SOCKETS = (
    "/ws?session_id=s_a&file=/etc/passwd",
    "/ws?file=%2fetc%2fpasswd&session_id=s_b",
    "/ws?session_id=s_c&fi%6ce=x",
    "/ws?session_id=s_d&file=",
    "/explore/ws?session_id=s_e&file=../pyproject.toml",
    "/ws_sync?session_id=s_f",
    "/ws_sync?file=x",
    "/terminal/ws",
    "/explore/terminal/ws",
    "/lsp/x",
)
"""What our pages open no websocket to."""

WORDS = ("root:", "[project]", "import marimo", "mo.ui", "def opened")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("nothing") / "store") as served:
        yield served


def raw(served: Served, path: str) -> str:
    """Ask for a path as it is: clients that are polite would tidy it up."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as line:
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nConnection: close\r\n\r\n"
        line.sendall(head.encode())
        answer = b""
        while more := line.recv(65536):
            answer += more
    return answer.decode("utf-8", "replace")


@pytest.mark.parametrize("path", CLIMBS)
def test_no_path_leads_out(served: Served, path: str):
    answer = raw(served, path)
    assert answer.split()[1] in {"400", "401", "403", "404"}, answer[:200]
    assert not [word for word in WORDS if word in answer]


@pytest.mark.parametrize("path", SENT)
def test_only_what_the_pages_send_is_heard(served: Served, path: str):
    answer = served.request(
        "POST", path, content=SENT[path], origin=served.origin, content_type="application/json"
    )
    assert answer.status_code == 404
    assert answer.text == "There is nothing here.\n"


@pytest.mark.parametrize("page", PAGES, ids=[page.notebook for page in PAGES])
def test_no_page_tells_how_it_is_made(page, served: Served):
    answer = raw(served, f"{page.path}/")
    assert answer.split()[1] == "200"
    assert not [word for word in WORDS if word in answer]


def test_no_notebook_can_be_named_and_nothing_fails_over_it(tmp_path: Path):
    with serving(tmp_path / "store") as served:
        assert [served.handshake(path, origin=served.origin) for path in SOCKETS] == [403] * len(
            SOCKETS
        )
        for path in ("/sse?session_id=s_g", "/explore/sse?session_id=s_h&file=x", "/?file=x"):
            assert served.get(path).status_code == 404
        assert served.handshake("/explore/ws?session_id=s_i&task=x", origin=served.origin) == 101
        _, _, complained = served.stop()
    assert complained == ""

"""Who may ask: only those who name this server, and only its own pages for what changes anything."""

from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from tests.server.launch import Served

STRANGE_HOSTS = (
    "evil.example",
    "evil.example:{port}",
    "127.0.0.1.evil.example:{port}",
    "localhost.evil.example",
    "192.168.0.1:{port}",
    "127.0.0.1:{port}, evil.example",
    "127.0.0.1:{port}@evil.example",
)
STRANGE_ORIGINS = (
    "http://evil.example",
    "http://evil.example:{port}",
    "http://127.0.0.1:1",
    "http://localhost:{port}",
    "https://127.0.0.1.evil.example:{port}",
    "file://",
    "null",
    "",
)
PATHS = ("/", "/healthz", "/api/status", "/favicon.ico", "/nothing/here", "/login")


@pytest.mark.parametrize("host", STRANGE_HOSTS)
@pytest.mark.parametrize("path", ["/", "/healthz"])
def test_a_foreign_host_is_refused(served: Served, host: str, path: str):
    assert served.get(path, host=host.format(port=served.port)).status_code == 403


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_every_name_of_this_machine_is_served(served: Served, name: str):
    assert served.get("/healthz", host=f"{name}:{served.port}").status_code == 200


@pytest.mark.parametrize("origin", [*STRANGE_ORIGINS, None])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_what_changes_anything_must_come_from_the_own_pages(
    served: Served, method: str, origin: str | None
):
    headers = {} if origin is None else {"origin": origin.format(port=served.port)}
    assert served.request(method, "/api/kernel/set_ui_element_value", **headers).status_code == 403


def test_the_own_pages_are_not_taken_for_strangers(served: Served):
    answer = served.request("POST", "/api/kernel/set_ui_element_value", origin=served.origin)
    assert answer.status_code not in (403, 404)


@pytest.mark.parametrize("origin", [*STRANGE_ORIGINS, None])
def test_a_websocket_for_strangers_is_refused(served: Served, origin: str | None):
    told = None if origin is None else origin.format(port=served.port)
    assert served.handshake(origin=told) == 403


@pytest.mark.parametrize("host", STRANGE_HOSTS)
def test_a_websocket_by_a_foreign_name_is_refused(served: Served, host: str):
    told = host.format(port=served.port)
    assert served.handshake(host=told, origin=f"http://{told}") == 403


def test_a_websocket_for_the_own_pages_is_opened(served: Served):
    assert served.handshake(origin=served.origin) == 101


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_no_other_website_may_read_an_answer(served: Served, method: str, path: str):
    answer = served.request(
        method, path, origin="http://evil.example", access_control_request_method="POST"
    )
    loose = [name for name in answer.headers if name.startswith("access-control-")]
    assert not loose
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"


class Scripts(HTMLParser):
    """Collects the inline scripts and the addresses of the others, as a browser finds them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.inline: list[str] = []
        self.addresses: list[str] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            address = dict(attrs).get("src")
            self._open = address is None
            if address is None:
                self.inline.append("")
            else:
                self.addresses.append(address)

    def handle_data(self, data: str) -> None:
        if self._open:
            self.inline[-1] += data

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag != "script"


def test_the_policy_lets_the_own_scripts_run_and_no_others(served: Served):
    page = served.get("/")
    policy: dict[str, str] = {}
    for part in page.headers["content-security-policy"].split("; "):
        directive, _, sources = part.partition(" ")
        policy[directive] = sources
    scripts = Scripts()
    scripts.feed(page.text)
    assert scripts.inline
    hashes = {
        f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
        for script in scripts.inline
    }
    assert set(policy["script-src"].split()) == {"'self'", "'unsafe-eval'", *hashes}
    assert not [address for address in scripts.addresses if "//" in address]
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["object-src"] == policy["frame-src"] == "'none'"
    sockets = {f"ws://127.0.0.1:{served.port}", f"wss://127.0.0.1:{served.port}"}
    assert set(policy["connect-src"].split()) == {"'self'", "data:", *sockets}


def test_a_page_is_told_anew_each_time_because_its_policy_belongs_to_it(served: Served):
    first = served.get("/")
    assert first.headers["cache-control"] == "no-store"
    assert "etag" not in first.headers
    assert "last-modified" not in first.headers
    scripts = Scripts()
    scripts.feed(first.text)
    asset = served.get("/" + scripts.addresses[0].removeprefix("./").lstrip("/"))
    assert asset.status_code == 200
    assert "etag" in asset.headers


def test_a_page_never_shows_its_code_or_folder(served: Served):
    page = served.get("/").text
    assert "def opened" not in page
    assert "import marimo" not in page

"""The token: no other machine without one, nothing without it, no guessing."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from dashboard.login import SHORTEST, TRIES
from tests.server.launch import Served, refused, serving

TOKEN = "correct horse = battery; staple"


@pytest.fixture(scope="module")
def locked(store: Path) -> Iterator[Served]:
    """A dashboard on loopback that asks for the token of its environment."""
    with serving(store, environment={"PATCHPILOT_TOKEN": TOKEN}) as served:
        yield served


def sign_in(served: Served, token: str):
    return served.request(
        "POST",
        "/login",
        content=f"token={quote(token)}",
        origin=served.origin,
        content_type="application/x-www-form-urlencoded",
    )


def cookie_of(served: Served) -> str:
    answer = sign_in(served, TOKEN)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    return answer.headers["set-cookie"].partition(";")[0]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_others_are_not_served_without_a_token(store: Path, host: str):
    said = refused("--store", store, "--host", host)
    assert "token" in said
    assert host in said


def test_a_short_token_is_refused(store: Path):
    said = refused("--store", store, "--port", "0", "--token", "x" * (SHORTEST - 1))
    assert str(SHORTEST) in said
    assert "xxx" not in said


def test_nothing_is_served_without_the_token(locked: Served):
    page = locked.get("/", accept="text/html")
    assert page.status_code == 303
    assert page.headers["location"] == "/login"
    for path in ("/", "/healthz", "/api/status", "/favicon.ico", "/explore/"):
        assert locked.get(path).status_code == 401, path
    assert locked.request("POST", "/api/x", origin=locked.origin).status_code == 401
    assert locked.handshake(origin=locked.origin) == 403


def test_the_token_gives_a_cookie_that_lets_everything_through(locked: Served):
    attributes = sign_in(locked, TOKEN).headers["set-cookie"].split("; ")[1:]
    assert set(attributes) == {"Path=/", "HttpOnly", "SameSite=Strict"}
    cookie = cookie_of(locked)
    assert TOKEN not in cookie
    assert locked.get("/healthz", cookie=f"other=1; {cookie}").status_code == 200
    assert locked.get("/", cookie=cookie).status_code == 200
    assert locked.handshake(origin=locked.origin, more=f"Cookie: {cookie}") == 101


def test_the_cookie_does_not_open_the_door_to_other_websites(locked: Served):
    cookie = f"Cookie: {cookie_of(locked)}"
    assert locked.handshake(origin="http://evil.example", more=cookie) == 403
    assert locked.handshake(host="evil.example", origin="http://evil.example", more=cookie) == 403


def test_a_cookie_that_is_almost_right_is_wrong(locked: Served):
    name, _, value = cookie_of(locked).partition("=")
    for wrong in (value[:-1], value + "0", value.upper(), "", "é"):
        answer = locked.get("/healthz", cookie=f"{name}={wrong}".encode())
        assert answer.status_code == 401, wrong


def test_scripts_may_send_the_token_itself(locked: Served):
    assert locked.get("/healthz", authorization=f"Bearer {TOKEN}").status_code == 200


def test_the_sign_in_page_runs_no_script(locked: Served):
    page = locked.get("/login")
    assert page.status_code == 200
    assert "<script" not in page.text
    assert "script-src 'self' 'unsafe-eval';" in page.headers["content-security-policy"]


def test_guessing_is_stopped_and_nothing_is_written_down(store: Path):
    with serving(store, "--token", TOKEN) as served:
        guesses = [sign_in(served, f"guess number {each}, long enough") for each in range(TRIES)]
        assert [guess.status_code for guess in guesses] == [401] * TRIES
        assert not any("set-cookie" in guess.headers for guess in guesses)
        assert sign_in(served, TOKEN).status_code == 429
        assert served.get("/healthz", authorization=f"Bearer {TOKEN}").status_code == 401
        assert served.get("/?token=in-the-address").status_code == 401
        code, said, complained = served.stop()
    assert (code, said, complained) == (0, "", "")
    assert TOKEN not in served.line

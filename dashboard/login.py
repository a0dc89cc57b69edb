"""The token that a dashboard asks for where it is bound to more than this machine. Pure ASGI.

A viewer gives the token once, on a page of its own, and is known by a cookie from then on. The cookie
holds a keyed digest, so that it neither shows the token nor outlives the server.
"""

import hmac
import secrets
from collections import OrderedDict, deque
from time import monotonic
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Receive, Scope, Send

from analytics.errors import InputError
from dashboard.guard import header_values, refuse

SHORTEST = 16
"""Characters that a token must have at least."""

TRIES = 5
"""Wrong tokens that one address may give within WINDOW_S."""

WINDOW_S = 60.0
_ADDRESSES = 1024
_LONGEST_BODY = 4096
_PATH = "/login"

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>PatchPilot: sign in</title>
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }}
form {{ max-width: 22rem; margin: 20vh auto; padding: 0 1rem; display: grid; gap: .75rem; }}
input, button {{ font: inherit; padding: .5rem .75rem; }}
</style>
<form method="post" action="{path}">
<strong>PatchPilot</strong>
<label for="token">Token that this dashboard was started with</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button>Sign in</button>
<span role="status">{note}</span>
</form></html>
"""


class Login:
    """Lets requests through that carry the cookie or the token, and gives out the cookie."""

    def __init__(self, app: ASGIApp, *, token: str, port: int) -> None:
        """Guard an app by a token.

        Args:
            app: what gets the requests that are let through.
            token: what a viewer must know.
            port: of this server, because browsers share cookies between the ports of a host.

        Raises:
            InputError: the token is too short to keep anybody out.
        """
        if len(token) < SHORTEST:
            raise InputError(
                f"the token has {len(token)} characters and needs {SHORTEST} or more; nothing was started."
            )
        self._app = app
        self._token = token.encode()
        self._cookie_name = f"patchpilot_{port}"
        self._cookie = hmac.new(secrets.token_bytes(32), self._token, "sha256").hexdigest()
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a known viewer through; send anybody else to the sign-in page, or away."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == _PATH:
            await self._sign_in(scope, receive, send)
        elif self._knows(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "http" and _wants_page(scope):
            await _redirect(send, _PATH)
        else:
            await refuse(scope, receive, send, status=401, text="Sign in first.")

    def _knows(self, scope: Scope) -> bool:
        """Whether a request carries the cookie, or the token itself as scripts send it."""
        for header in header_values(scope, b"cookie"):
            for part in header.split(";"):
                name, _, value = part.strip().partition("=")
                if name == self._cookie_name and _same(value.encode(), self._cookie.encode()):
                    return True
        if not (bearers := header_values(scope, b"authorization")) or self._has_to_wait(scope):
            return False
        scheme, _, given = bearers[0].partition(" ")
        return scheme.lower() == "bearer" and self._accepts(scope, given.strip())

    async def _sign_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            await _answer_page(send, 200, "")
        elif self._has_to_wait(scope):
            await _answer_page(send, 429, "Too many wrong tokens. Wait a minute, then try again.")
        elif self._accepts(scope, await _posted_token(receive)):
            cookie = f"{self._cookie_name}={self._cookie}; Path=/; HttpOnly; SameSite=Strict"
            await _redirect(send, "/", (b"set-cookie", cookie.encode()))
        else:
            await _answer_page(send, 401, "That is not the token.")

    def _accepts(self, scope: Scope, given: str) -> bool:
        if _same(given.encode(), self._token):
            return True
        address = _address(scope)
        self._wrong.setdefault(address, deque()).append(monotonic())
        self._wrong.move_to_end(address)
        if len(self._wrong) > _ADDRESSES:
            self._wrong.popitem(last=False)
        return False

    def _has_to_wait(self, scope: Scope) -> bool:
        times = self._wrong.get(_address(scope), deque())
        while times and times[0] < monotonic() - WINDOW_S:
            times.popleft()
        return len(times) >= TRIES


def _same(given: bytes, expected: bytes) -> bool:
    return hmac.compare_digest(given, expected)


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _wants_page(scope: Scope) -> bool:
    return scope["method"] == "GET" and any(
        "text/html" in accepted for accepted in header_values(scope, b"accept")
    )


async def _posted_token(receive: Receive) -> str:
    body = b""
    while len(body) <= _LONGEST_BODY:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    fields = parse_qs(body[:_LONGEST_BODY].decode("utf-8", "replace"))
    return fields.get("token", [""])[0]


async def _answer_page(send: Send, status: int, note: str) -> None:
    body = _PAGE.format(path=_PATH, note=note).encode()
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _redirect(send: Send, path: str, *more: tuple[bytes, bytes]) -> None:
    headers = [(b"location", path.encode()), (b"content-length", b"0"), *more]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})

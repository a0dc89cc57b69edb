"""What stands between the network and the pages: who may ask, and what a browser may do with the answer.

Pure ASGI. The pages stand on a loopback port that every website in the user's browser can reach, so
a request must name this server as its host, and what changes anything must come from its own pages.
"""

import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from ipaddress import ip_address
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names that only this machine itself answers to."""

WILDCARDS = frozenset({"0.0.0.0", "::"})
"""Addresses that stand for every address of the machine."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_ASKED = re.compile(
    r"(?:/[a-z]+)?/api/kernel/(?:set_ui_element_value|set_model_value|function_call|instantiate)"
)
"""What the pages send. The notebook's server answers to far more: files, packages, its own code."""

_SOCKET = re.compile(r"(?:/[a-z]+)?/ws")
"""Where a page is spoken to."""

_EVENTS = re.compile(r"(?:/[a-z]+)?/sse")
"""The same without a websocket, which no page of ours asks for: it begins a session at a mere GET."""

_NOTEBOOK = "file"
"""Names another notebook than the page's own, in an address. There is none, and marimo fails over it."""

_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?")
_ORIGIN = re.compile(r"https?://(.+)")
_INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)


class Guard:
    """Refuses requests that name another host, or that another website sent."""

    def __init__(self, app: ASGIApp, *, host: str) -> None:
        """Guard an app that is bound to an address.

        Args:
            app: what gets the requests that are let through.
            host: the address it is bound to. The port is not compared: a forwarded one differs.
        """
        self._app = app
        self._names = LOOPBACK | {host.lower()}
        self._any_address = host in WILDCARDS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it with 403."""
        if scope["type"] in ("http", "websocket") and (reason := self._objection(scope)):
            await refuse(scope, receive, send, status=403, text=reason)
            return
        await self._app(scope, receive, send)

    def _objection(self, scope: Scope) -> str:
        hosts = header_values(scope, b"host")
        if len(hosts) != 1 or not self._is_own(hosts[0].lower()):
            return "This address is not one that the dashboard serves."
        if scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS:
            origins = [_ORIGIN.fullmatch(origin) for origin in header_values(scope, b"origin")]
            if [origin and origin[1].lower() for origin in origins] != [hosts[0].lower()]:
                return "This request does not come from the dashboard's own pages."
        return ""

    def _is_own(self, authority: str) -> bool:
        if not (found := _AUTHORITY.fullmatch(authority)):
            return False
        name = found[1].strip("[]")
        # A website can point a name of its own at this machine, but not a plain address.
        return name in self._names or (self._any_address and _is_address(name))


class Narrow:
    """Lets through what the pages send, and nothing else that would change or tell something."""

    def __init__(self, app: ASGIApp) -> None:
        """Narrow an app; must stand inside everything that has addresses of its own."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it with 404."""
        if scope["type"] in ("http", "websocket") and not _is_asked(scope):
            await refuse(scope, receive, send, status=404, text="There is nothing here.")
            return
        await self._app(scope, receive, send)


class Armour:
    """Gives every answer the headers that confine it: a policy for scripts, no framing, no CORS."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an app; must stand outside everything that answers."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and dress its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start: Message = {}
        page: list[bytes] = []

        async def dress(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                if not _is_page(message):
                    await send(_dressed(message, policy(scope, ())))
            elif message["type"] != "http.response.body" or not _is_page(start):
                await send(message)
            else:
                page.append(message.get("body", b""))
                if not message.get("more_body", False):
                    body = b"".join(page)
                    await send(_dressed(start, policy(scope, script_hashes(body))))
                    await send({"type": "http.response.body", "body": body})

        await self._app(scope, receive, dress)


def policy(scope: Scope, hashes: Iterable[str]) -> str:
    """Return the content security policy of one answer.

    Args:
        scope: the request; sockets may be opened to the host that it names, and nowhere else.
        hashes: of the inline scripts that may run.
    """
    authority = next(iter(header_values(scope, b"host")), "").lower()
    sockets = f" ws://{authority} wss://{authority}" if _AUTHORITY.fullmatch(authority) else ""
    # Vega compiles expressions of chart specifications; those come from our code, never from traces.
    scripts = " ".join(["script-src 'self'", *hashes, "'unsafe-eval'"])
    return (
        f"default-src 'self'; {scripts}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; "
        f"connect-src 'self'{sockets} data:; worker-src 'self' blob:; frame-src 'none'; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    )


def script_hashes(page: bytes) -> list[str]:
    """Return a policy source for every inline script of an HTML page, in order, each once.

    >>> script_hashes(b"<p>no script</p><script src='x.js'></script>")
    []
    >>> len(script_hashes(b"<script>1</script><script type='module'>2</script><script>1</script>"))
    2
    """
    found = dict.fromkeys(_INLINE_SCRIPT.findall(page))
    return [f"'sha256-{b64encode(sha256(script).digest()).decode()}'" for script in found]


def header_values(scope: Scope, name: bytes) -> list[str]:
    """Return every value of a request header."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


async def refuse(scope: Scope, receive: Receive, send: Send, *, status: int, text: str) -> None:
    """Answer a request with a plain text, or turn a websocket away before it is opened."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": text})
        return
    body = f"{text}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _is_asked(scope: Scope) -> bool:
    """Whether the pages send such a request."""
    asked = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    if _NOTEBOOK in asked:
        return False
    if scope["type"] == "websocket":
        return _SOCKET.fullmatch(scope["path"]) is not None
    if scope["method"] not in SAFE_METHODS:
        return _ASKED.fullmatch(scope["path"]) is not None
    return _EVENTS.fullmatch(scope["path"]) is None


def _is_page(start: Message) -> bool:
    types = [value for key, value in start.get("headers", ()) if key.lower() == b"content-type"]
    return any(value.lower().startswith(b"text/html") for value in types)


def _dressed(start: Message, script_policy: str) -> Message:
    """Return the head of an answer with our headers in place of those that loosen it."""
    ours = {
        b"content-security-policy": script_policy.encode(),
        b"cross-origin-opener-policy": b"same-origin",
        b"cross-origin-resource-policy": b"same-origin",
        b"referrer-policy": b"same-origin",
        b"x-content-type-options": b"nosniff",
        b"x-frame-options": b"DENY",
    }
    if _is_page(start):
        # A page must never be answered by "not modified": that answer would carry a policy without
        # the hashes of the page that the browser still has.
        ours |= {b"cache-control": b"no-store", b"etag": b"", b"last-modified": b""}
    kept = [
        (key, value)
        for key, value in start.get("headers", ())
        if key.lower() not in ours and not key.lower().startswith(b"access-control-")
    ]
    told = [(key, value) for key, value in ours.items() if value]
    return {**start, "headers": [*kept, *told]}


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True

"""Lets a page speak only once the server knows it.

A page speaks as soon as its websocket is open, which is before marimo has made its session: where the server
is busy, what comes first was answered with a fault, and the page stayed empty.
"""

from asyncio import sleep
from collections.abc import Callable
from time import monotonic

from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.guard import SAFE_METHODS, header_values

_WITHIN_S = 10.0
_PAUSE_S = 0.02


class Arrival:
    """Holds back what a page sends until its session is there, for a while."""

    def __init__(
        self, app: ASGIApp, is_known: Callable[[str], bool], within_s: float = _WITHIN_S
    ) -> None:
        """Wrap an app.

        Args:
            app: what answers.
            is_known: whether there is a session of this id.
            within_s: seconds after which the app answers all the same.
        """
        self._app = app
        self._is_known = is_known
        self._within_s = within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, later where its session is not there yet."""
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS:
            until = monotonic() + self._within_s
            for session in header_values(scope, b"marimo-session-id")[:1]:
                while not self._is_known(session) and monotonic() < until:
                    await sleep(_PAUSE_S)
        await self._app(scope, receive, send)

"""Many sessions of the overview that draw nothing: what a page sends and hears, without a browser."""

import asyncio
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from secrets import token_hex
from threading import Thread
from urllib.parse import urlsplit

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

_TICK_S = 1.0
_GOODBYE_S = 10.0
_CONTROL = re.compile(r"object-id='([^']+)'[^>]*><marimo-refresh")


@dataclass(kw_only=True)
class Client:
    """One session: what it was told."""

    name: str
    seen: list[tuple[str, float]] = field(default_factory=list)
    """Text of the card, and when it came, in seconds of the epoch; one a change."""
    forgotten: int = 0
    """How much of it was before what is watched now."""
    heard_bytes: int = 0
    control: str = ""
    """Id of the control that asks for news."""


class Clients:
    """Some sessions on one server, all served by one thread of this process."""

    def __init__(self, url: str, metric: str, number: int) -> None:
        """Prepare sessions that watch the card of a metric."""
        self._url = url
        self._card = re.compile(
            rf'data-metric="{metric}".*?class="pp-value">(.*?)</p>'.replace('"', r'\\"')
        )
        self.clients = [Client(name=f"s_{token_hex(3)}") for _ in range(number)]
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)

    def open(self, patience_s: float) -> None:
        """Open all, and return when each was told its card.

        Raises:
            TimeoutError: some were not.
        """
        self._thread.start()
        for client in self.clients:
            asyncio.run_coroutine_threadsafe(self._live(client), self._loop)
        if not until(lambda: all(client.seen for client in self.clients), patience_s):
            raise TimeoutError(f"not every session had its card within {patience_s:.0f} s")

    def forget(self) -> None:
        """Forget what was told so far."""
        for client in self.clients:
            client.forgotten = len(client.seen)

    def wait(self, patience_s: float) -> None:
        """Wait until each was told something new, or for so long."""
        until(lambda: all(self.changes()), patience_s)

    def changes(self) -> list[list[tuple[str, float]]]:
        """Return what each was told since, and when."""
        return [client.seen[client.forgotten :] for client in self.clients]

    def heard_bytes(self) -> int:
        """Return how much all of them were sent."""
        return sum(client.heard_bytes for client in self.clients)

    def close(self) -> None:
        """Close all."""

        async def end() -> None:
            own = asyncio.current_task()
            tasks = [task for task in asyncio.all_tasks(self._loop) if task is not own]
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=_GOODBYE_S)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _live(self, client: Client) -> None:
        host = urlsplit(self._url).netloc
        socket = connect(
            f"ws://{host}/ws?session_id={client.name}&period=all",
            origin=self._url,  # type: ignore[arg-type]
            max_size=None,
        )
        async with socket as heard, httpx.AsyncClient(base_url=self._url) as asks:
            await asyncio.gather(self._hear(client, heard), self._ask(client, asks))

    async def _hear(self, client: Client, heard: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for frame in heard:
                now = time.time()
                text = frame if isinstance(frame, str) else frame.decode()
                client.heard_bytes += len(text)
                if not client.control and (control := _CONTROL.search(text)):
                    client.control = control[1]
                card = self._card.search(text)
                if card and (not client.seen or client.seen[-1][0] != card[1]):
                    client.seen.append((card[1], now))

    async def _ask(self, client: Client, asks: httpx.AsyncClient) -> None:
        headers = {"Origin": self._url, "Marimo-Session-Id": client.name}
        for tick in count(1):
            await asyncio.sleep(_TICK_S)
            if client.control:
                body = {"objectIds": [client.control], "values": [f"1s ({tick})"]}
                await asks.post("/api/kernel/set_ui_element_value", json=body, headers=headers)


def until(true: Callable[[], bool], patience_s: float) -> bool:
    """Wait until something is true, and say whether it became so."""
    give_up = time.monotonic() + patience_s
    while not true():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.05)
    return True

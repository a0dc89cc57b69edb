"""Serves the pages on this machine: guarded, confined, watched over by /healthz. Owns the process."""

import errno
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from importlib import import_module
from ipaddress import ip_address
from pathlib import Path
from threading import Event, Thread, active_count
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from analytics.errors import AnalyticsError, InputError, StoreError
from analytics.store.location import Store
from dashboard import served
from dashboard.arrival import Arrival
from dashboard.closing import Sweep
from dashboard.guard import LOOPBACK, Armour, Guard, Narrow
from dashboard.login import SHORTEST, Login
from dashboard.pages import notebooks

if TYPE_CHECKING:
    from analytics.sync import StoreChoice, SyncReport

SESSION_TTL_S = 60
"""How long a closed tab keeps its place, so that a reload or a short sleep finds it as it was."""

WATCH_INTERVAL_S = 0.5
_RESTART_S = 5.0
_SHUTDOWN_S = 2
_PORTS = 65536
_PORTS_TRIED = 100

log = logging.getLogger("patchpilot")


def main(
    store: "StoreChoice",
    *,
    host: str = "127.0.0.1",
    port: int = 2718,
    token: str | None = None,
    watch_paths: Sequence[str] = (),
    open_browser: bool = False,
) -> None:
    """Serve the dashboard until interrupted.

    Args:
        store: what to show.
        host: address to bind to; one that others can reach needs a token.
        port: port to bind to; 0 takes a free one.
        token: what viewers must know; PATCHPILOT_TOKEN of the environment where None.
        watch_paths: files and folders to import as they grow.
        open_browser: also open a browser window.

    Raises:
        InputError: the address cannot be used, or the token is missing or too short.
    """
    import uvicorn

    token = os.environ.get("PATCHPILOT_TOKEN") if token is None else token
    if token is None and not _is_loopback(host):
        raise InputError(
            f"{host} can be reached by others, so it needs a token of {SHORTEST} or more characters: "
            "--token or PATCHPILOT_TOKEN. Nothing was started."
        )
    # Before uvicorn takes the signals over, and after it has handed them back, both mean the same.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with _listen(host, port) as listening:
        port = listening.getsockname()[1]
        url = f"http://{_authority(host, port)}"
        served.show(store.path)
        watch, sweep = Watch(store.path, watch_paths), Sweep()

        def announce() -> None:
            sys.stdout.write(f"PatchPilot dashboard: {url} (Ctrl-C stops it)\n")
            sys.stdout.flush()
            if open_browser:
                # A browser in a terminal takes its time; the server does not wait for it.
                show = import_module("webbrowser").open
                Thread(target=show, args=(url,), daemon=True).start()

        app = build(store.path, host=host, port=port, token=token, watch=watch, ready=announce)
        config = uvicorn.Config(
            app,
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_SHUTDOWN_S,
        )
        with suppress(KeyboardInterrupt):
            watch.start()
            sweep.start()
            Thread(target=_prepare_first_page, args=(store.path,), daemon=True).start()
            uvicorn.Server(config).run(sockets=[listening])
        watch.stop()
        sweep.stop()
        if active_count() > 1:
            # Kernels of open pages, or a long import: Python cannot end in good order while threads
            # are deep inside DuckDB. The store takes this as it takes a kill: what was not committed
            # never happened.
            os._exit(0)


def build(
    store: Store,
    *,
    host: str,
    port: int,
    token: str | None = None,
    watch: "Watch | None" = None,
    ready: Callable[[], None] = lambda: None,
    pages: Mapping[str, Path] | None = None,
) -> ASGIApp:
    """Return the whole application: the pages and /healthz, guarded.

    Args:
        store: the store that /healthz looks at.
        host: address that the application is bound to.
        port: port that it is bound to.
        token: what viewers must know; nobody is asked where None.
        watch: the watch to report on.
        ready: called when requests are answered and signals are heard.
        pages: path -> notebook; those that there are where None.
    """
    import marimo

    if pages is None:
        pages = notebooks()
    _look_for_plugins_once()
    builder = marimo.create_asgi_app(quiet=True, include_code=False, session_ttl=SESSION_TTL_S)
    for path, notebook in pages.items():
        builder = builder.with_app(path=path, root=str(notebook))
    kernels = builder.build()

    def managers() -> list[Any]:
        """Return what keeps the sessions of each page."""
        mounted = (
            route.app for route in getattr(kernels, "routes", ()) if isinstance(route, Mount)
        )
        return [app.state.session_manager for app in mounted if isinstance(app, Starlette)]

    def is_known(session: str) -> bool:
        return any(manager.get_session(session) is not None for manager in managers())

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        ready()
        yield
        # Starlette does not tell mounted apps that the server ends, and open kernels keep it alive.
        for manager in managers():
            await manager.shutdown()

    app: ASGIApp = Starlette(
        routes=[
            Route("/healthz", Health(store, watch).answer),
            *(Route(path, _add_slash) for path in pages if path),
            Mount("/", Narrow(Arrival(kernels, is_known))),
        ],
        lifespan=lifespan,
    )
    if token is not None:
        app = Login(app, token=token, port=port)
    return Armour(Guard(app, host=host))


def _look_for_plugins_once() -> None:
    """Keep what marimo finds of its plugins among the installed packages.

    It reads the entry points of every package anew at each run of cells, and an open page asks for one a
    second. What is installed does not change while a server runs.
    """
    from importlib.metadata import entry_points

    from marimo._entrypoints import registry

    registry.__dict__["entry_points"] = lru_cache(maxsize=1)(entry_points)


class Health:
    """Says whether the store can be read, and what is in it."""

    def __init__(self, store: Store, watch: "Watch | None") -> None:
        """Report on a store, and on the watch that feeds it where there is one."""
        self._store = store
        self._watch = watch

    def answer(self, _: Request) -> JSONResponse:
        """Answer with status, snapshot and number of runs; 503 where the store cannot be read."""
        try:
            report = {"status": "ok", **self._look()}
        except StoreError as fault:
            report = {"status": "error", "reason": str(fault)}
        if self._watch is not None and self._watch.fault:
            report["watch"] = self._watch.fault
        return JSONResponse(
            report,
            status_code=200 if report["status"] == "ok" else 503,
            headers={"cache-control": "no-store"},
        )

    def _look(self) -> dict[str, int]:
        from analytics.store import lake
        from dashboard import reading

        reader = reading.reader(self._store)
        version = reader.poll()
        if version.snapshot and not lake.exists(self._store):
            raise StoreError(f"the store in {self._store} has been removed.")
        with reader.cursor() as cursor:
            row = cursor.execute("SELECT count(*) FROM runs").fetchone()
        return {"snapshot": version.snapshot, "runs": int(row[0]) if row else 0}


class Watch:
    """Imports what appears under some paths, in a thread; whatever happens to it, the pages stay."""

    def __init__(self, store: Store, paths: Sequence[str]) -> None:
        """Prepare to watch; no paths, no thread."""
        self.fault = ""
        """Why the last look failed, empty where it did not."""
        self._store = store
        self._paths = paths
        self._ended = Event()
        self._thread = Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Begin."""
        if self._paths:
            self._thread.start()

    def stop(self) -> None:
        """End, after an import that is almost done; one that takes longer goes on until the process ends."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(_SHUTDOWN_S)

    def is_alive(self) -> bool:
        """Whether it goes on."""
        return self._thread.is_alive()

    def _run(self) -> None:
        from analytics import sync

        while not self._ended.is_set():
            try:
                sync.watch(self._store, self._paths, WATCH_INTERVAL_S, self._ended, told=self._hear)
            except Exception as fault:
                self.fault = f"{type(fault).__name__}: {fault}"
                log.exception("the watch stopped and starts again in %.0f s", _RESTART_S)
                self._ended.wait(_RESTART_S)

    def _hear(self, news: "SyncReport | AnalyticsError") -> None:
        fault = str(news) if isinstance(news, AnalyticsError) else ""
        if fault and fault != self.fault:
            sys.stderr.write(f"patchpilot: {fault}\n")
        self.fault = fault


def _prepare_first_page(store: Store) -> None:
    """Load what every page needs, while the browser still loads its own part."""
    import_module("dashboard.charts")
    reading = import_module("dashboard.reading")
    overview = import_module("analytics.overview")
    # A store that cannot be read is the page's to tell.
    with suppress(AnalyticsError):
        reading.answers(store, reading.reader(store).poll(), overview.Scope())


def _add_slash(request: Request) -> RedirectResponse:
    # Relative, and with its query: the filters of a page stand there.
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{request.url.path}/{query}", status_code=307)


def _listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; connections wait in it until the server runs."""
    if not 0 <= port < _PORTS:
        raise InputError(f"port {port} does not exist: choose one from 0 to {_PORTS - 1}.")
    try:
        return _bound(host, port)
    except OSError as fault:
        if fault.errno == errno.EADDRINUSE:
            free = _next_free(host, port)
            hint = f" --port {free} is free." if free else " Choose another --port."
            raise InputError(f"port {port} is in use on {host}.{hint}") from fault
        reason = fault.strerror or str(fault)
        raise InputError(
            f"cannot serve on {host} port {port}: {reason}. Choose another --host or --port."
        ) from fault


def _bound(host: str, port: int) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, address = min((entry[0], entry[4]) for entry in found)
    return socket.create_server(address, family=family, backlog=128)


def _next_free(host: str, port: int) -> int | None:
    for candidate in range(port + 1, min(port + 1 + _PORTS_TRIED, _PORTS)):
        with suppress(OSError), _bound(host, candidate):
            return candidate
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() in LOOPBACK


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

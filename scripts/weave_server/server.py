"""Weave's own in-memory trace server behind the HTTP addresses that its SDK speaks to.

Runs in the environment of ``requirements/weave-server.txt``, whose Weave still ships the server but
neither an HTTP application nor the package of model providers; both are supplied here. Storage,
roll-ups and queries are Weave's. Two addresses of our own exist for tests: ``POST /_reset`` empties
the store and ``POST /_fault {"kind": "429" | "503" | "truncate", "count": n}`` spoils the next n
answers of ``/calls/stream_query``.

Usage: python server.py PORT
"""

import base64
import importlib
import itertools
import os
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

USER = "demo"
TRUNCATED_AFTER = 2
"""Lines that a truncated stream still delivers."""


def supply_model_providers() -> None:
    """Put an empty stand-in where the wheel lacks a package that the server imports."""
    name = "weave.trace_server.model_providers"
    package = types.ModuleType(name)
    package.__path__ = []
    module = types.ModuleType(f"{name}.model_providers")
    vars(module).update(
        VERTEX_PROVIDER_NAMES=frozenset(),
        LLMModelProviderInfo=dict,
        read_model_to_provider_info_map=lambda *_, **__: {},
    )
    sys.modules |= {name: package, module.__name__: module}


os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
supply_model_providers()
# By name: the SDK that the rest of the project is checked with no longer has these modules.
memory = importlib.import_module("weave.trace_server.in_memory_trace_server")
adapter = importlib.import_module("weave.trace_server.external_to_internal_trace_server_adapter")
interface = importlib.import_module("weave.trace_server.trace_server_interface")


def inward(name: str) -> str:
    """An id as the server stores it."""
    return base64.b64encode(name.encode()).decode()


def outward(name: str) -> str | None:
    """An id as clients know it, or None for one that no client made."""
    try:
        return base64.b64decode(name, validate=True).decode()
    except ValueError:
        return None


Ids = type(
    "Ids",
    (adapter.IdConverter,),
    {
        f"{way}_{kind}_id": staticmethod(convert)
        for kind in ("project", "run", "user")
        for way, convert in (("ext_to_int", inward), ("int_to_ext", outward))
    },
)
store = memory.InMemoryTraceServer()
server = adapter.ExternalTraceServer(store, Ids())

METHODS: dict[str, tuple[str, str]] = {
    "/call/start": ("call_start", "CallStartReq"),
    "/call/end": ("call_end", "CallEndReq"),
    "/call/upsert_batch": ("call_start_batch", "CallCreateBatchReq"),
    "/call/read": ("call_read", "CallReadReq"),
    "/call/update": ("call_update", "CallUpdateReq"),
    "/calls/delete": ("calls_delete", "CallsDeleteReq"),
    "/calls/query_stats": ("calls_query_stats", "CallsQueryStatsReq"),
    "/calls/stats": ("call_stats", "CallStatsReq"),
    "/obj/create": ("obj_create", "ObjCreateReq"),
    "/obj/read": ("obj_read", "ObjReadReq"),
    "/objs/query": ("objs_query", "ObjQueryReq"),
    "/table/create": ("table_create", "TableCreateReq"),
    "/table/query": ("table_query", "TableQueryReq"),
    "/table/query_stats": ("table_query_stats", "TableQueryStatsReq"),
    "/table/create_from_digests": ("table_create_from_digests", "TableCreateFromDigestsReq"),
    "/refs/read_batch": ("refs_read_batch", "RefsReadBatchReq"),
    "/feedback/create": ("feedback_create", "FeedbackCreateReq"),
    "/feedback/batch/create": ("feedback_create_batch", "FeedbackCreateBatchReq"),
    "/feedback/query": ("feedback_query", "FeedbackQueryReq"),
    "/cost/create": ("cost_create", "CostCreateReq"),
    "/cost/query": ("cost_query", "CostQueryReq"),
    "/file/content": ("file_content_read", "FileContentReadReq"),
}
METHODS_V2: dict[str, tuple[str, str]] = {
    "calls/complete": ("calls_complete", "CallsUpsertCompleteReq"),
    "call/start": ("call_start_v2", "CallStartV2Req"),
    "call/end": ("call_end_v2", "CallEndV2Req"),
}
SIGNED = ("/feedback/create", "/feedback/batch", "/cost/create", "/calls/delete", "/call/update")


@dataclass
class Fault:
    """What goes wrong with the next exports, and how many of them."""

    kind: str = ""
    count: int = 0

    def strike(self) -> str:
        """The fault for this request, or an empty text."""
        if self.count <= 0:
            return ""
        self.count -= 1
        return self.kind


fault = Fault()


def sign(address: str, body: dict[str, Any]) -> None:
    """Write the user into what a client sent, as the hosted service does after log-in."""
    parts = [body, body.get("start")]
    for each in body.get("batch", []):
        parts += [each, each.get("req", {}).get("start")]
    for part in parts:
        if isinstance(part, dict) and (address.startswith(SIGNED) or "op_name" in part):
            part["wb_user_id"] = USER


async def call(method: str, model: str, body: dict[str, Any]) -> Any:  # noqa: ANN401 - any answer
    """Let the server do one request, off the event loop."""
    request = getattr(interface, model).model_validate(body)
    return await run_in_threadpool(getattr(server, method), request)


def as_json(answer: Any) -> Response:  # noqa: ANN401 - a model of the server's own
    """A model as an answer."""
    return Response(answer.model_dump_json(), media_type="application/json")


async def plain(request: Request) -> Response:
    """One address, one method of the server."""
    address = request.url.path
    body = await request.json()
    sign(address, body)
    answer = await call(*METHODS[address], body)
    return Response(answer.content) if address == "/file/content" else as_json(answer)


async def versioned(request: Request) -> Response:
    """The newer addresses, which name the project in the path instead of the body."""
    project = f"{request.path_params['entity']}/{request.path_params['project']}"
    body = await request.json()
    for each in body.get("batch") or [body.get("start") or body.get("end")]:
        each["project_id"] = project
        if "op_name" in each:
            each["wb_user_id"] = USER
    return as_json(await call(*METHODS_V2[request.path_params["rest"]], body))


def truncated(lines: Iterator[str]) -> Iterator[str]:
    """The first lines, then a broken connection."""
    yield from itertools.islice(lines, TRUNCATED_AFTER)
    raise ConnectionAbortedError("the stream was cut on purpose")


async def stream_query(request: Request) -> Response:
    """Calls as JSON lines, or the fault that was asked for."""
    struck = fault.strike()
    if struck in {"429", "503"}:
        return JSONResponse({"reason": "asked for by a test"}, int(struck), {"Retry-After": "0"})
    found = await call("calls_query_stream", "CallsQueryReq", await request.json())
    lines = (each.model_dump_json() + "\n" for each in found)
    return StreamingResponse(
        truncated(lines) if struck == "truncate" else lines, media_type="application/jsonl"
    )


async def file_create(request: Request) -> Response:
    """An upload, as a multipart form."""
    form = await request.form()
    upload: Any = form["file"]
    content = await upload.read()
    body = {"project_id": form["project_id"], "name": upload.filename, "content": content}
    return as_json(await call("file_create", "FileCreateReq", body))


async def server_info(_: Request) -> Response:
    """Which clients may speak to this server: all."""
    versions = ("min_required_weave_python_version", "trace_server_version")
    return JSONResponse(dict.fromkeys(versions, "0.0.0"))


async def graphql(request: Request) -> Response:
    """The two questions about user and project that ``weave.init`` asks."""
    variables = (await request.json()).get("variables") or {}
    viewer = {"username": USER, "defaultEntity": {"name": USER}}
    return JSONResponse({"data": {"viewer": viewer, "project": {"name": variables.get("name")}}})


async def reset(_: Request) -> Response:
    """Forget everything."""
    store.drop_tables()
    fault.count = 0
    return JSONResponse({})


async def plan_fault(request: Request) -> Response:
    """Spoil the next exports."""
    body = await request.json()
    if body.get("kind") not in {"429", "503", "truncate"}:
        return JSONResponse({"reason": "kind must be 429, 503 or truncate"}, 422)
    fault.kind, fault.count = body["kind"], int(body.get("count", 1))
    return JSONResponse({})


def post(address: str, handler: Callable[[Request], Any]) -> Route:
    """A route for POST."""
    return Route(address, handler, methods=["POST"])


app = Starlette(
    routes=[
        Route("/server_info", server_info),
        post("/graphql", graphql),
        post("/_reset", reset),
        post("/_fault", plan_fault),
        post("/file/create", file_create),
        post("/calls/stream_query", stream_query),
        post("/v2/{entity}/{project}/{rest:path}", versioned),
        *(post(address, plain) for address in METHODS),
    ]
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")

"""The same steps in Weave, told by the real SDK under the same ids, in a thread of its own.

Nothing here imports Weave before somebody else has: a client that is active is the sign to use it.
"""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

from analytics.record.folder import warn
from analytics.record.state import Identity, Record

T = TypeVar("T")

MOST_CHARACTERS = 64_000_000
"""What may wait to be told to Weave."""

MOST_OVER = 10_000
FLUSH_S = 10.0


def active_client() -> Any:  # noqa: ANN401 - the SDK's client
    """Return the client of ``weave.init``; None where Weave was not asked for."""
    context = sys.modules.get("weave.trace.context.weave_client_context")
    return context.get_weave_client() if context else None


def current_call() -> Any:  # noqa: ANN401 - the SDK's call
    """Return the call of an op of the caller's that is under way; None where there is none."""
    context = sys.modules.get("weave.trace.context.call_context")
    return context.get_current_call() if context else None


class Mirror:
    """Tells one client of Weave's. A fault is told once, and costs the run nothing."""

    eager = True
    """Whether a run is reported when it begins; otherwise one that is killed leaves only its steps."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - the SDK's client
        """Tell this client."""
        self.client = client
        self._batches: SimpleQueue[tuple[list[Record], int] | Lock] = SimpleQueue()
        self._put = 0
        self._got = 0
        self._entered: dict[str, Any] = {}
        self._calls: dict[str, Any] = {}
        self._over: dict[str, None] = {}
        self._ops: dict[str, Any] = {}
        self._thread: Thread | None = None
        self._told = False

    def enter(self, step: Identity) -> None:
        """Have the caller's own ops, and models that Weave traces, stand below a step."""
        self._guarded(self._push, step)

    def leave(self, step: Identity) -> None:
        """Have them stand beside it again."""
        self._guarded(self._pop, step)

    def take(self, records: list[Record], characters: int) -> None:
        """Pass some records of about that size on in the background."""
        if self._put - self._got > MOST_CHARACTERS:
            self._tell("Weave is too slow: some steps are recorded on this machine only.")
            return
        self._put += characters
        self._batches.put((records, characters))
        if self._thread is None:
            self._thread = Thread(target=self._work, name="record-weave", daemon=True)
            try:
                self._thread.start()
            except RuntimeError:  # The process is ending.
                self._drain()

    def flush(self) -> None:
        """Return when the client has been told everything so far; sending is the client's work."""
        if self._thread is None:
            return
        if not self._thread.is_alive():
            self._drain()
            return
        done = Lock()
        done.acquire()
        self._batches.put(done)
        if not done.acquire(timeout=FLUSH_S):
            self._tell("Weave did not take all steps in time; this machine has them.")

    def _work(self) -> None:
        while True:
            self._next()

    def _drain(self) -> None:
        while not self._batches.empty():
            self._next()

    def _next(self) -> None:
        item = self._batches.get()
        if not isinstance(item, tuple):
            item.release()
            return
        batch, characters = item
        # A step begins before those below it, and ends after them.
        for record in batch:
            self._guarded(self._begin, record)
        for record in reversed(batch):
            if record["status"] != "running":
                self._guarded(self._end, record)
        self._got += characters

    def _push(self, step: Identity) -> None:
        from weave.trace.context import call_context

        call = self._stub(step.span_id, step.trace_id, step.parent_id)
        self._entered[step.span_id] = call
        call_context.push_call(call)

    def _pop(self, step: Identity) -> None:
        from weave.trace.context import call_context

        call_context.pop_call(step.span_id)

    def _guarded(self, work: Callable[[T], None], step: T) -> None:
        try:
            work(step)
        except Exception as fault:  # noqa: BLE001 - whatever the SDK raises
            name = type(fault).__name__
            self._tell(f"Weave did not take a step ({name}: {fault}); this machine has it.")

    def _begin(self, record: Record) -> None:
        from weave.trace.context import call_context

        span_id = str(record["span_id"])
        if span_id in self._calls or span_id in self._over:
            return
        parent = self._parent(record)
        # The SDK would take a call without anything around it for a trace to be announced.
        with call_context.set_call_stack([parent] if parent else []):
            call = self.client.create_call(
                self._op(str(record["op"]), eager=self.eager and bool(record["is_run"])),
                record.get("inputs") or {},
                parent,
                _attributes(record),
                use_stack=False,
                _call_id_override=span_id,
                started_at=_time(record["started_at"]),
            )
        if entered := self._entered.pop(span_id, None):
            call._children = entered._children
        self._calls[span_id] = call

    def _end(self, record: Record) -> None:
        span_id = str(record["span_id"])
        call = self._calls.pop(span_id, None)
        if call is None:
            return  # A signal ended it, and the process went on: Weave hears of the first end only.
        self._over[span_id] = None
        while len(self._over) > MOST_OVER:
            del self._over[next(iter(self._over))]
        if usage := _usage(record):
            call.summary = {"usage": usage}
        fault = None
        if record["status"] == "error":
            kind = type(str(record.get("error_type", "Error")), (Exception,), {})
            fault = kind(record.get("error_message", ""))
        self.client.finish_call(
            call,
            output=record.get("output"),
            exception=fault,
            ended_at=_time(record.get("ended_at", record["started_at"])),
        )

    def _parent(self, record: Record) -> Any:  # noqa: ANN401 - the SDK's call
        if "parent_id" not in record:
            return None
        parent_id = str(record["parent_id"])
        return self._calls.get(parent_id) or self._stub(parent_id, str(record["trace_id"]), None)

    def _stub(self, span_id: str, trace_id: str, parent_id: str | None) -> Any:  # noqa: ANN401
        from weave.trace.call import Call

        return Call(
            _op_name="",
            trace_id=trace_id,
            project_id=self.client.project_id,
            parent_id=parent_id,
            inputs={},
            id=span_id,
        )

    def _op(self, name: str, *, eager: bool) -> Any:  # noqa: ANN401 - the SDK's op
        if name not in self._ops:
            import weave

            def step() -> None:
                """Stands for a step that was recorded, not called."""

            self._ops[name] = weave.op(step, name=name, eager_call_start=eager)
        return self._ops[name]

    def _tell(self, sentence: str) -> None:
        if not self._told:
            self._told = True
            warn(sentence)


def _time(written: object) -> datetime:
    return datetime.fromisoformat(str(written)).astimezone(UTC)


def _attributes(record: Record) -> dict[str, Any]:
    written = record.get("attributes")
    attributes = dict(written) if isinstance(written, dict) else {}
    if kind := record.get("kind"):
        attributes["weave"] = {"kind": kind}
    # Where Weave itself puts the names that OpenTelemetry gives agents, tools and providers.
    named = {
        name: {"name": record[name]} for name in ("agent", "tool", "provider") if name in record
    }
    if named:
        attributes["otel_span"] = {"attributes": {"gen_ai": named}}
    return attributes


def _usage(record: Record) -> dict[str, Any] | None:
    """Return what a step spent as the SDK writes it: input with what came from a cache."""
    spent = {
        "prompt_tokens": record.get("input_tokens"),
        "completion_tokens": record.get("output_tokens"),
        "cache_read_input_tokens": record.get("cache_read_tokens"),
        "cache_creation_input_tokens": record.get("cache_write_tokens"),
        "cache_creation": _some({"ephemeral_1h_input_tokens": record.get("cache_write_1h_tokens")}),
        "completion_tokens_details": _some({"reasoning_tokens": record.get("reasoning_tokens")}),
    }
    if "model" not in record or not _some(spent):
        return None
    return {str(record["model"]): {"requests": 1, **(_some(spent) or {})}}


def _some(members: dict[str, Any]) -> dict[str, Any] | None:
    """Return the members that are known; None where none is."""
    return {name: value for name, value in members.items() if value is not None} or None

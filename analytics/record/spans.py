"""What one step tells while it goes on: its beginning, its facts, its end."""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from analytics.record import names, recorder
from analytics.record.clock import Clock, new_id
from analytics.record.folder import warn
from analytics.record.frozen import frozen
from analytics.record.state import Identity, State

CURRENT: "ContextVar[Span | None]" = ContextVar("record", default=None)
"""The innermost step that this code runs in."""

_STOPS = ("KeyboardInterrupt", "SystemExit", "CancelledError")
"""How a process that was told to end ends what it was doing."""

_OVERHEAD = 300
"""Characters of a line that are neither payload nor facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a step is, before it begins."""

    op: str
    kind: str | None = None
    agent: str | None = None
    tool: str | None = None
    is_run: bool = False
    facts: Mapping[str, object] = field(default_factory=dict)
    attributes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a run is written, and by which clock; its steps share it."""

    clock: Clock
    folder: Path | None
    source: str
    project: str | None
    mirrored: bool
    conditions: dict[str, object]


class Span:
    """One step of a run. What it is told never fails, but for a name that no fact has.

    Outside a run there are steps too, so that code need not ask; they are recorded nowhere.
    """

    __slots__ = (
        *("_changes", "_columns", "_facts", "_identity", "_over", "_parent"),
        *("_place", "_recorder", "_result", "_size"),
    )

    def __init__(
        self,
        shape: Shape,
        place: Place | None,
        parent: "Span | None" = None,
        inputs: Mapping[str, object] | None = None,
        *,
        above: tuple[str, str] | None = None,
        started_ns: int | None = None,
    ) -> None:
        """Make a step; blocks and ``add`` do, nobody else should.

        Args:
            shape: what it is.
            place: where it is written; None for one that is not.
            parent: the step that caused it; None for a root.
            inputs: what it was called with.
            above: trace and id of a step that caused it and was recorded elsewhere.
            started_ns: when it began, if not now.
        """
        self._recorder = recorder.current()
        self._place = place
        self._over = place is None
        self._parent = parent
        self._columns: dict[str, object] = {}
        self._facts: dict[str, object] = {}
        self._result: object = None
        self._changes = 0
        self._size = _OVERHEAD
        if place is None:
            self._identity = None
            return
        if parent is not None and parent.identity is not None:
            above = parent.identity.trace_id, parent.identity.span_id
        told, size = frozen(inputs)
        own, own_size = frozen(shape.attributes) if shape.attributes else ({}, 0)
        assert isinstance(own, dict)
        self._size += size + own_size
        span_id = new_id()
        self._identity = Identity(
            source=place.source,
            span_id=span_id,
            trace_id=above[0] if above else span_id,
            parent_id=above[1] if above else None,
            project=place.project,
            op=shape.op,
            kind=shape.kind,
            agent=shape.agent,
            tool=shape.tool,
            started_ns=place.clock.now() if started_ns is None else started_ns,
            folder=place.folder,
            mirrored=place.mirrored and self._recorder.mirror is not None,
            is_run=shape.is_run,
            inputs=told,
            attributes={**place.conditions, **own} if own else place.conditions,
        )
        self._learn(shape.facts)

    @property
    def place(self) -> Place | None:
        """Where it is written; None where it is not."""
        return self._place

    @property
    def parent(self) -> "Span | None":
        """The step that caused it, where this process recorded it."""
        return self._parent

    @property
    def identity(self) -> Identity | None:
        """Its ids; None where it is not written."""
        return self._identity

    def set(self, **facts: object) -> None:
        """Tell facts and what was spent; a later value replaces an earlier one.

        Args:
            facts: names of ``schema.FACT_FIELDS``, ``diff``, and the columns for tokens and cost.

        Raises:
            UnknownNameError: no fact is called so.
        """
        names.check(facts)
        if not self._over:
            self._learn(facts)
            self._changes += 1
            self._send("running")

    def output(self, value: object) -> None:
        """Tell what the step returns; facts stand beside the members of a mapping."""
        if not self._over:
            self._result, size = frozen(value)
            self._size += size
            self._changes += 1
            self._send("running")

    def begin(self) -> None:
        """Say that it runs."""
        if self._identity is not None:
            self._recorder.open[self._identity.span_id] = self
            self._send("running")

    def end(self, fault: BaseException | None = None, ended_ns: int | None = None) -> None:
        """Say that it is over, once.

        Args:
            fault: what it raised.
            ended_ns: when; now if it was begun, unknown if it was only added.
        """
        # A forked child has the steps of its parent before it, but they are not its own to end.
        if self._over or self._identity is None or self._recorder is not recorder.current():
            return
        self._over = True
        begun = self._recorder.open.pop(self._identity.span_id, None) is not None
        if begun and self._place:
            ended_ns = self._place.clock.now()
        name = _name(fault)
        if fault is None or name is None:
            self._send("ok", ended_ns)
            return
        if self._recorder.interrupted and name in _STOPS:
            name = self._recorder.interrupted
        if name in ("KeyboardInterrupt", "Terminated", "Hangup"):
            self._facts.setdefault("error_kind", "infra")
        self._send("error", ended_ns, name, _message(fault))

    def cut_short(self, error_type: str, message: str) -> None:
        """Say that it ended because the process does; what ends it later is still heard."""
        if self._place is not None and not self._over:
            facts = {"error_kind": "infra", **self._facts}
            self._send("error", self._place.clock.now(), error_type, message, facts)

    def _learn(self, facts: Mapping[str, object]) -> None:
        is_llm = self._identity is not None and self._identity.kind == "llm"
        for name, value in facts.items():
            copy, size = frozen(value)
            self._size += size + len(name)
            if name in names.USAGE or (is_llm and name in ("model", "provider")):
                self._columns[name] = copy
            else:
                self._facts[name] = copy

    def _send(
        self,
        status: str,
        ended_ns: int | None = None,
        error_type: str | None = None,
        error_message: str | None = None,
        facts: Mapping[str, object] | None = None,
    ) -> None:
        assert self._identity is not None
        state = State(
            of=self._identity,
            status=status,
            ended_ns=ended_ns,
            changes=self._changes,
            error_type=error_type,
            error_message=error_message,
            columns=self._columns.copy(),
            output=self._told(facts or self._facts),
            characters=self._size,
        )
        try:
            self._recorder.send(state)
        except Exception as error:  # noqa: BLE001 - recording is not worth a run
            warn(f"a step was not recorded ({type(error).__name__}: {error}).")

    def _told(self, facts: Mapping[str, object]) -> object:
        if not facts:
            return self._result
        if self._result is None:
            return dict(facts)
        if isinstance(self._result, dict):
            return {**self._result, **facts}
        return {"result": self._result, **facts}


def _name(fault: BaseException | None) -> str | None:
    """Return what an exception is called; None for those that mean a quiet end."""
    if fault is None or isinstance(fault, GeneratorExit):
        return None
    if isinstance(fault, SystemExit) and not fault.code:
        return None
    return type(fault).__name__


def _message(fault: BaseException) -> str:
    try:
        return str(fault)[:20_000]
    except Exception:  # noqa: BLE001 - an exception's own text may raise
        return ""

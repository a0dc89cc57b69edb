"""The kinds of steps, and the run that they belong to."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar, overload

from analytics.errors import UnknownNameError
from analytics.record import names, recorder, signals
from analytics.record.blocks import Block, Inputs, Reshape
from analytics.record.clock import Clock
from analytics.record.folder import warn
from analytics.record.frozen import frozen
from analytics.record.mirror import current_call
from analytics.record.spans import CURRENT, Place, Shape, Span

P = ParamSpec("P")
R = TypeVar("R")

_KINDS = {"agent": "agent", "tool": "tool", "llm": "llm", "score": "scorer"}


class Steps:
    """What can stand below a run or a step, or below whatever the code runs in."""

    __slots__ = ()

    def agent(
        self,
        name: str,
        *,
        op: str = "record.agent",
        inputs: Inputs = None,
        attributes: Mapping[str, object] | None = None,
        **facts: object,
    ) -> "Block[Step]":
        """Record an attempt of an agent: a block, or each call of a function."""
        shape = _shape(op, "agent", facts, attributes, agent=name)
        return self._block(shape, inputs)

    @overload
    def tool(self, name: Callable[P, R]) -> Callable[P, R]: ...

    @overload
    def tool(
        self,
        name: str,
        *,
        op: str = "record.tool",
        inputs: Inputs = None,
        attributes: Mapping[str, object] | None = None,
        **facts: object,
    ) -> "Block[Step]": ...

    def tool(
        self,
        name: str | Callable[..., Any],
        *,
        op: str = "record.tool",
        inputs: Inputs = None,
        attributes: Mapping[str, object] | None = None,
        **facts: object,
    ) -> Any:
        """Record a call of a tool: a block, or each call of a function, whose name is the tool's."""
        if callable(name):
            shape = _shape(op, "tool", facts, attributes, tool=name.__name__)
            return self._block(shape, inputs)(name)
        return self._block(_shape(op, "tool", facts, attributes, tool=name), inputs)

    def llm(
        self,
        model: str,
        provider: str | None = None,
        *,
        op: str = "record.llm",
        inputs: Inputs = None,
        attributes: Mapping[str, object] | None = None,
        **facts: object,
    ) -> "Block[Step]":
        """Record a call of a model, whose tokens are told inside: ``call.set(input_tokens=...)``."""
        shape = _shape(op, "llm", {"model": model, "provider": provider, **facts}, attributes)
        return self._block(shape, inputs)

    def step(
        self,
        role: str | None = None,
        *,
        op: str | None = None,
        inputs: Inputs = None,
        attributes: Mapping[str, object] | None = None,
        shown_inputs: Reshape | None = None,
        shown_output: Reshape | None = None,
        **facts: object,
    ) -> "Block[Step]":
        """Record a step of another kind: a block, or each call of a function.

        Args:
            role: one of ``names.ROLES``, which decides the op.
            op: a name of the agent system's own instead, which a semantics file explains.
            inputs: what a block was called with.
            attributes: more that is known of it.
            shown_inputs: makes of a function's arguments, by name, what is worth keeping.
            shown_output: makes of what a function returns what is worth keeping.
            facts: what is known from the start.

        Raises:
            UnknownNameError: no step or fact is called so.
        """
        if op is None:
            op = _op(role)
        shape = _shape(op, _KINDS.get(role or ""), facts, attributes)
        return self._block(shape, inputs, shown_inputs, shown_output)

    def add(
        self,
        role: str,
        *,
        seconds: float | None = None,
        agent: str | None = None,
        tool: str | None = None,
        inputs: Inputs = None,
        **facts: object,
    ) -> None:
        """Record a step that is over, or the sum of several (``calls``, ``failures``, ``total_s``).

        Args:
            role: one of ``names.ROLES``, or agent, tool, llm.
            seconds: how long it took up to now; its length is unknown where this is. Weave has no
                word for that, and is told that it took no time.
            agent: the agent whose step it was.
            tool: the tool that was called.
            inputs: what it was called with.
            facts: what came of it, and what was spent.

        Raises:
            UnknownNameError: no step or fact is called so.
        """
        shape = _shape(_op(role, *_KINDS), _KINDS.get(role), facts, None, agent=agent, tool=tool)
        self._add(shape, seconds, inputs)

    def llm_call(
        self,
        model: str,
        provider: str | None = None,
        *,
        seconds: float | None = None,
        **facts: object,
    ) -> None:
        """Record a call of a model that is over, by its tokens and cost."""
        facts |= {"model": model, "provider": provider}
        self._add(_shape("record.llm", "llm", facts, None), seconds)

    def pipeline(
        self, pipeline_id: str, *, execution_s: float | None = None, **facts: object
    ) -> None:
        """Record a CI pipeline that is over."""
        facts |= {"pipeline_id": pipeline_id, "execution_s": execution_s}
        self._add(_shape("record.pipeline", None, facts, None), execution_s)

    def debugging_cycle(
        self, *, agent: str | None = None, seconds: float | None = None, **facts: object
    ) -> None:
        """Record attempts to get rid of one error: ``error_type``, ``attempts``, ``passed``."""
        self._add(_shape("record.debug", None, facts, None, agent=agent), seconds)

    def _above(self) -> Span | None:
        """Return the step below which the next one stands."""
        return CURRENT.get()

    def _add(self, shape: Shape, seconds: float | None, inputs: Inputs = None) -> None:
        above = self._above()
        if above is None or above.place is None:
            return
        now = above.place.clock.now()
        began = now if seconds is None else now - int(max(seconds, 0.0) * 1e9)
        over = Step(shape, above.place, above, inputs, started_ns=began)
        over.end(ended_ns=None if seconds is None else now)

    def _block(
        self,
        shape: Shape,
        inputs: Inputs,
        shown_inputs: Reshape | None = None,
        shown_output: Reshape | None = None,
    ) -> "Block[Step]":
        def begin(inputs: Inputs) -> Step:
            above = self._above()
            return Step(shape, above.place if above else None, above, inputs)

        return Block(begin, inputs, shown_inputs, shown_output)


class Step(Span, Steps):
    """One step of a run."""

    __slots__ = ()

    def _above(self) -> Span | None:
        # What the code runs in is nearer, if it belongs here; another thread may run in nothing.
        inner = above = CURRENT.get()
        while above is not None and above is not self:
            above = above.parent
        return self if above is None else inner


class Run(Step):
    """One agent system on one task."""

    __slots__ = ()

    def outcome(self, claimed: Literal["pass", "fail"]) -> None:
        """Tell what the agent says of its own work.

        Raises:
            UnknownNameError: it says something else.
        """
        if claimed not in ("pass", "fail"):
            raise UnknownNameError("outcome", claimed, ("pass", "fail"))
        self.set(claimed=claimed)

    def verified(self, passed: bool) -> None:
        """Tell what tests, a scorer or a report found, whatever the agent says."""
        self.set(passed=passed)


def run(
    task: str,
    *,
    agent: str | None = None,
    folder: str | Path | None = "traces",
    weave: bool | None = None,
    op: str = "record.run",
    inputs: Inputs = None,
    attributes: Mapping[str, object] | None = None,
    **facts: object,
) -> Block[Run]:
    """Record a run of an agent system on one task, as a block or as each call of a function.

    Args:
        task: what it is asked to do; repeats share it.
        agent: name of the agent system.
        folder: where its records go, made where there is none; None writes none on this machine.
        weave: whether Weave is told too: None where a client of ``weave.init`` is active, True warns
            where none is, False never.
        op: a name of the agent system's own, which a semantics file explains.
        inputs: what it was called with.
        attributes: more that is known of it; its steps carry it too.
        facts: attempt, variant, repo, model ...: names of ``schema.FACT_FIELDS``.

    Raises:
        UnknownNameError: no fact is called so.
    """
    names.check(facts)
    told = {"task": task, **facts}
    known, size = frozen(
        {name: told.pop(name) for name in names.CONDITIONS if name in told} | dict(attributes or {})
    )
    del size
    shape = _shape(op, "agent", told, None, agent=agent, is_run=True)

    def begin(inputs: Inputs) -> Run:
        outer = CURRENT.get()
        mirror = None if weave is False else recorder.current().mirror_to_weave()
        if weave and mirror is None:
            warn("no Weave client is active (weave.init makes one): recorded on this machine only.")
        if folder is None and mirror is None:
            return Run(shape, None)
        assert isinstance(known, dict)
        place = Place(
            clock=Clock(),
            folder=None if folder is None else _absolute(Path(folder)),
            source="weave" if mirror else "record",
            project=mirror.client.project_id if mirror else None,
            mirrored=mirror is not None,
            conditions=known,
        )
        signals.listen()
        call = current_call() if mirror and outer is None else None
        above = (call.trace_id, call.id) if call else None
        return Run(shape, place, outer, inputs, above=above)

    return Block(begin, inputs)


def _shape(
    op: str,
    kind: str | None,
    facts: Mapping[str, object],
    attributes: Mapping[str, object] | None,
    *,
    agent: str | None = None,
    tool: str | None = None,
    is_run: bool = False,
) -> Shape:
    names.check(facts)
    return Shape(
        op=op,
        kind=kind,
        agent=agent,
        tool=tool,
        is_run=is_run,
        facts={name: value for name, value in facts.items() if value is not None},
        attributes=attributes or {},
    )


def _absolute(folder: Path) -> Path:
    try:
        return folder.absolute()
    except OSError:
        return folder  # Where the process stands is gone; writing will say so.


def _op(role: str | None, *more: str) -> str:
    roles = {*names.ROLES, *more}
    if role not in roles:
        raise UnknownNameError("step", str(role), roles)
    return f"record.{role}"

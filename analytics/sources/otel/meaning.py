"""What the attributes of a span say: the gen_ai names of today and before, and OpenInference's."""

from collections.abc import Iterable, Sequence
from typing import Any

from analytics.sources.otel.span import Span
from analytics.sources.rows import UnusableError, derived_id, parsed
from analytics.sources.values import count, price, text

_KINDS = {
    "gen_ai.operation.name": {
        "chat": "llm",
        "generate_content": "llm",
        "text_completion": "llm",
        "embeddings": "llm",
        "invoke_agent": "agent",
        "create_agent": "agent",
        "invoke_workflow": "agent",
        "execute_tool": "tool",
        "retrieval": "tool",
    },
    "openinference.span.kind": {
        "llm": "llm",
        "embedding": "llm",
        "agent": "agent",
        "tool": "tool",
        "retriever": "tool",
        "evaluator": "scorer",
        "guardrail": "scorer",
        "chain": "other",
        "reranker": "other",
    },
    "traceloop.span.kind": {"workflow": "agent", "agent": "agent", "tool": "tool", "task": "other"},
}
_PROVIDER = ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system")
_MODEL = (
    "gen_ai.response.model",
    "gen_ai.request.model",
    "llm.model_name",
    "embedding.model_name",
)
_SENT = (
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.usage.prompt_tokens",
    "llm.token_count.prompt",
)
_RECEIVED = (
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.usage.completion_tokens",
    "llm.token_count.completion",
)
_CACHE_READ = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "llm.token_count.prompt_details.cache_read",
)
_CACHE_WRITTEN = (
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "llm.token_count.prompt_details.cache_write",
)
_THOUGHT = (
    "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.usage.reasoning_tokens",
    "llm.token_count.completion_details.reasoning",
)
_COST = ("llm.cost.total", "gen_ai.usage.cost")
_AGENT = ("gen_ai.agent.name", "agent.name")
_TOOL = ("gen_ai.tool.name", "tool.name")
_THREAD = ("gen_ai.conversation.id", "session.id")
_INPUTS = ("gen_ai.tool.call.arguments", "gen_ai.input.messages", "gen_ai.prompt", "input.value")
_OUTPUT = ("gen_ai.tool.call.result", "gen_ai.output.messages", "gen_ai.completion", "output.value")
_EVALUATION = "gen_ai.evaluation.result"


def repeaters(spans: Iterable[Span]) -> set[tuple[str, str]]:
    """Return the spans whose usage is repeated from spans below them; each span is looked at once."""
    parents: dict[tuple[str, str], tuple[str, str]] = {}
    spending: list[tuple[str, str]] = []
    for span in spans:
        parents[span.key] = (span.trace_id, span.parent_id or "")
        if _first(span, _SENT) is not None or _first(span, _RECEIVED) is not None:
            spending.append(span.key)
    found: set[tuple[str, str]] = set()
    for key in spending:
        above = parents.get(key)
        while above in parents and above not in found:
            found.add(above)
            above = parents[above]
    return found


def call(span: Span, *, with_usage: bool) -> dict[str, Any]:
    """Return the columns of ``schema.CALLS`` for a span.

    Args:
        span: the span.
        with_usage: whether its tokens and cost are its own.
    """
    kind = _kind(span)
    op = _op(span, kind)
    thrown = next((e.attributes for e in span.events if e.name == "exception"), {})
    status = "error" if span.failed else "ok" if span.ended_at else "running"
    return {
        "span_id": span.span_id,
        "trace_id": span.trace_id,
        "parent_id": span.parent_id,
        "project": text(span.resource.get("openinference.project.name"))
        or text(span.resource.get("service.name")),
        "thread_id": text(_first(span, _THREAD)),
        "op": op,
        "op_version": text(span.resource.get("service.version")),
        "display_name": span.name if op != span.name else None,
        "kind": kind,
        "started_at": span.started_at,
        "ended_at": span.ended_at,
        "status": status,
        # An exception in a span that ended well was dealt with.
        "error_type": text(span.attributes.get("error.type")) or text(thrown.get("exception.type"))
        if span.failed
        else None,
        "error_message": span.message or text(thrown.get("exception.message"))
        if span.failed
        else None,
        "provider": text(_first(span, _PROVIDER)),
        "model": text(_first(span, _MODEL)),
        **(_usage(span) if with_usage else {}),
        "inputs": _payload(span, _INPUTS, "gen_ai.content.prompt", "message"),
        "output": _payload(span, _OUTPUT, "gen_ai.content.completion", "choice"),
        "attributes": _attributes(span),
        "feedback": _evaluations(span) or None,
    }


def _first(span: Span, names: Sequence[str]) -> Any:  # noqa: ANN401 - whatever an attribute holds
    return next((found for name in names if (found := span.attributes.get(name)) is not None), None)


def _kind(span: Span) -> str | None:
    for name, kinds in _KINDS.items():
        if kind := kinds.get(str(span.attributes.get(name)).lower()):
            return kind
    return "llm" if span.attributes.get("llm.request.type") else None


def _op(span: Span, kind: str | None) -> str:
    """Return the name of the step: agents and tools by their own names where they have one."""
    agent, tool = text(_first(span, _AGENT)), text(_first(span, _TOOL))
    if kind == "agent" and agent:
        return f"{agent}.invoke_agent"
    return f"tool.{tool}" if kind == "tool" and tool else span.name


def _usage(span: Span) -> dict[str, Any]:
    sent, received = count(_first(span, _SENT)), count(_first(span, _RECEIVED))
    read, written = count(_first(span, _CACHE_READ)), count(_first(span, _CACHE_WRITTEN))
    cached = (read or 0) + (written or 0)
    if sent is not None and cached > sent:
        sent += cached  # More cannot have been part of it: it was counted apart.
    return {
        "input_tokens": sent,
        "output_tokens": received,
        "cache_read_tokens": read,
        "cache_write_tokens": written,
        "reasoning_tokens": count(_first(span, _THOUGHT)),
        "cost_usd": price(_first(span, _COST)),
    }


def _payload(span: Span, names: Sequence[str], content: str, suffix: str) -> Any:  # noqa: ANN401
    found = _first(span, names)
    if found is None:
        # Before they were attributes, messages were events, one each.
        said = [
            {"event": event.name, **event.attributes}
            for event in span.events
            if event.name == content
            or (event.name.startswith("gen_ai.") and event.name.endswith(f".{suffix}"))
        ]
        return said or None
    if isinstance(found, str) and found[:1] in "{[":
        try:
            return parsed(found)
        except UnusableError:
            return found
    return found


def _attributes(span: Span) -> dict[str, Any]:
    shown = {*_INPUTS, *_OUTPUT}
    told = {name: value for name, value in span.attributes.items() if name not in shown}
    otel = {
        "scope": span.scope,
        "resource": span.resource or None,
        "events": [
            {"name": e.name, "at": e.at and e.at.isoformat(), "attributes": e.attributes}
            for e in span.events
        ],
    }
    return told | {"otel": {name: value for name, value in otel.items() if value}}


def _evaluations(span: Span) -> list[dict[str, Any]]:
    """Return the scores that were attached to a span, as feedback."""
    return [
        {
            "id": derived_id(span.trace_id, span.span_id, position),
            "feedback_type": event.attributes.get("gen_ai.evaluation.name") or _EVALUATION,
            "created_at": event.at and f"{event.at.isoformat()}Z",
            "payload": event.attributes,
        }
        for position, event in enumerate(span.events)
        if event.name == _EVALUATION
    ]

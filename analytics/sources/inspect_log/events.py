"""The events of one sample as spans: model calls, tools, sub-agents and scorers."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from analytics.sources.rows import derived_id
from analytics.sources.values import count, mapping, moment, objects, price, text, total

Span = dict[str, Any]

_KEPT = {"agent": "agent", "scorer": "scorer", "subtask": "other"}
"""Types of an Inspect span that become one of ours, and its kind; the rest only wraps."""

_ATTACHED = re.compile(r"(?:attachment|tc)://([0-9a-f]{32})")
_DEEPEST = 64


def tokens(used: dict[str, Any]) -> dict[str, int | None]:
    """Return usage with cached tokens in the input, which some services count apart.

    >>> tokens({"input_tokens": 5, "output_tokens": 2, "total_tokens": 17,
    ...         "input_tokens_cache_read": 10})["input_tokens"]
    15
    """
    sent, received = count(used.get("input_tokens")), count(used.get("output_tokens"))
    read, written = (count(used.get(f"input_tokens_cache_{what}")) for what in ("read", "write"))
    cached = (read or 0) + (written or 0)
    apart = count(used.get("total_tokens")) == (sent or 0) + (received or 0) + cached
    return {
        "input_tokens": total(sent, cached) if apart and sent is not None else sent,
        "output_tokens": received,
        "cache_read_tokens": read,
        "cache_write_tokens": written,
        "reasoning_tokens": count(used.get("reasoning_tokens")),
    }


class Sample:
    """The events of one sample, and the texts that they refer to."""

    def __init__(self, sample: dict[str, Any], run_id: str) -> None:
        """Look at a sample.

        Args:
            sample: as the log has it.
            run_id: span of the sample itself.
        """
        earlier = mapping(sample.get("transcript"))
        listed = sample.get("events") or earlier.get("events") or []
        self._events = objects(listed)
        self.unusable = ["not an object"] * (len(listed) - len(self._events))
        self._attached = mapping(sample.get("attachments")) or mapping(earlier.get("content"))
        pool = mapping(sample.get("events_data")).get("messages") or sample.get("message_pool")
        self._pool = pool if isinstance(pool, list) else []
        self._run_id = run_id
        self._sent: list[Any] = []
        times = [
            at
            for event in self._events
            for name in ("timestamp", "completed")
            if (at := moment(event.get(name)))
        ]
        self.first_at: datetime | None = min(times, default=None)
        self.last_at: datetime | None = max(times, default=None)

    def spans(self) -> Iterator[Span]:
        """Yield the spans below the sample, in the order of the log."""
        yield from self._walk(self._events, self._run_id, (), 0)

    def resolved(self, value: Any, depth: int = 0) -> Any:  # noqa: ANN401 - whatever JSON holds
        """Return a value with the texts that are kept apart put in their places."""
        if depth > _DEEPEST:
            return value
        if isinstance(value, str):
            return _ATTACHED.sub(lambda hit: str(self._attached.get(hit[1], hit[0])), value)
        if isinstance(value, dict):
            return {key: self.resolved(inner, depth + 1) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.resolved(inner, depth + 1) for inner in value]
        return value

    def _walk(
        self, events: list[dict[str, Any]], parent_id: str, path: tuple[int, ...], depth: int
    ) -> Iterator[Span]:
        if depth > _DEEPEST:
            self.unusable.append("nested too deeply")
            return
        around: dict[str, str] = {}
        open_spans: dict[str, Span] = {}
        steps: list[tuple[str, Span | None]] = []
        for position, event in enumerate(events):
            place = (*path, position)
            span_id = derived_id(self._run_id, text(event.get("uuid")) or place)
            above = around.get(str(event.get("span_id"))) or (steps[-1][0] if steps else parent_id)
            at = moment(event.get("timestamp"))
            match event.get("event"):
                case "span_begin":
                    above = around.get(str(event.get("parent_id")), parent_id)
                    span = self._wrapping(event, span_id, above, at)
                    around[str(event.get("id"))] = span_id if span else above
                    if span:
                        open_spans[str(event.get("id"))] = span
                case "span_end":
                    if span := open_spans.pop(str(event.get("id")), None):
                        yield span | {"ended_at": at}
                case "step" if event.get("action") == "begin":
                    span = self._wrapping(event, span_id, above, at)
                    steps.append((span_id if span else above, span))
                case "step" if steps:
                    if span := steps.pop()[1]:
                        yield span | {"ended_at": at}
                case "model":
                    yield self._model(event, span_id, above, at)
                case "tool":
                    yield self._tool(event, span_id, above, at)
                    yield from self._walk(objects(event.get("events")), span_id, place, depth + 1)
                case "subtask":
                    yield self._subtask(event, span_id, above, at)
                    yield from self._walk(objects(event.get("events")), span_id, place, depth + 1)
        yield from open_spans.values()
        yield from (span for _, span in steps if span)

    def _span(
        self, event: dict[str, Any], span_id: str, parent_id: str, at: datetime | None
    ) -> Span:
        return {
            "span_id": span_id,
            "trace_id": self._run_id,
            "parent_id": parent_id,
            "started_at": at,
            "ended_at": moment(event.get("completed")),
            "status": "running" if event.get("pending") is True else "ok",
        }

    def _wrapping(
        self, event: dict[str, Any], span_id: str, parent_id: str, at: datetime | None
    ) -> Span | None:
        kind = _KEPT.get(str(event.get("type")))
        if kind is None:
            return None
        name = text(event.get("name")) or str(event.get("type"))
        op = f"{name}.inspect" if kind == "agent" else f"inspect.{event['type']}"
        return self._span(event, span_id, parent_id, at) | {
            "op": op,
            "kind": kind,
            "display_name": name,
        }

    def _subtask(
        self, event: dict[str, Any], span_id: str, parent_id: str, at: datetime | None
    ) -> Span:
        return self._span(event, span_id, parent_id, at) | {
            "op": "inspect.subtask",
            "kind": "other",
            "display_name": text(event.get("name")),
            "inputs": self.resolved(event.get("input")),
            "output": self.resolved(event.get("result")),
        }

    def _model(
        self, event: dict[str, Any], span_id: str, parent_id: str, at: datetime | None
    ) -> Span:
        output = mapping(event.get("output"))
        asked = text(event.get("model")) or ""
        provider, _, name = asked.rpartition("/")
        error = text(event.get("error")) or text(output.get("error"))
        # An answer out of Inspect's own cache cost nothing, whatever usage it repeats.
        used = {} if event.get("cache") == "read" else mapping(output.get("usage"))
        span = self._span(event, span_id, parent_id, at) | tokens(used)
        return span | {
            "op": "inspect.model",
            "kind": "llm",
            "status": "error" if error else span["status"],
            "error_type": "ModelError" if error else None,
            "error_message": error,
            "provider": provider.partition("/")[0] or None,
            "model": text(output.get("model")) or name or None,
            "cost_usd": price(used.get("total_cost")),
            "inputs": self._new_messages(event),
            "output": self.resolved([c.get("message") for c in objects(output.get("choices"))]),
            "attributes": {"config": event.get("config"), "cache": event.get("cache")},
        }

    def _new_messages(self, event: dict[str, Any]) -> dict[str, Any]:
        """Return what a call adds to the conversation: to keep all of it each time grows without end."""
        sent = event.get("input")
        if refs := event.get("input_refs"):
            spans = (
                [r for r in refs if isinstance(r, list) and len(r) == 2]
                if isinstance(refs, list)
                else []
            )
            sent = [
                m
                for a, b in spans
                if count(a) is not None and count(b) is not None
                for m in self._pool[a:b]
            ]
        if not isinstance(sent, list):
            return {"messages": self.resolved(sent)}
        known = 0
        while known < min(len(sent), len(self._sent)) and sent[known] == self._sent[known]:
            known += 1
        self._sent = sent
        return {"messages_before": known, "messages": self.resolved(sent[known:])}

    def _tool(
        self, event: dict[str, Any], span_id: str, parent_id: str, at: datetime | None
    ) -> Span:
        error = mapping(event.get("error"))
        span = self._span(event, span_id, parent_id, at)
        return span | {
            "op": f"tool.{text(event.get('function')) or 'unknown'}",
            "kind": "tool",
            "status": "error" if error or event.get("failed") is True else span["status"],
            "error_type": text(error.get("type")),
            "error_message": text(error.get("message")),
            "inputs": self.resolved(event.get("arguments")),
            "output": self.resolved(event.get("result")),
            "attributes": {"tool_call_id": event.get("id")},
        }

"""One OpenTelemetry span, whichever way its JSON was written."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from analytics.sources.rows import UnusableError
from analytics.sources.values import count, epoch_ns, mapping, moment, objects, text

_HEX = re.compile(r"[0-9a-fA-F]+")
_ERRORS = ("2", "STATUS_CODE_ERROR", "ERROR", "STATUSCODE.ERROR")
_DEEPEST = 64

Reader = Callable[[Any], "Span"]


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened within a span."""

    name: str
    at: datetime | None
    attributes: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Span:
    """One span: ids in hexadecimal, times in UTC, attributes as plain values."""

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    started_at: datetime
    ended_at: datetime | None
    failed: bool
    message: str | None
    attributes: dict[str, Any]
    events: tuple[Event, ...]
    resource: dict[str, Any] = field(default_factory=dict)
    scope: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What names the span among all."""
        return self.trace_id, self.span_id


def from_otlp(group: object) -> Iterator[tuple[Any, Reader]]:
    """Yield the span records of one entry of resourceSpans, each with the function that reads it."""
    resource = _attributes(mapping(mapping(group).get("resource")).get("attributes"))
    # Before 2022 the scope was called instrumentation library.
    for name in ("scopeSpans", "scope_spans", "instrumentationLibrarySpans"):
        listed = mapping(group).get(name)
        for scoped in listed if isinstance(listed, list) else ():
            if not isinstance(scoped, dict):
                yield scoped, from_sdk
                continue
            scope = mapping(scoped.get("scope") or scoped.get("instrumentationLibrary"))
            read = partial(_otlp, resource=resource, scope=text(scope.get("name")))
            spans = scoped.get("spans")
            for record in spans if isinstance(spans, list) else ():
                yield record, read


def _otlp(record: object, *, resource: dict[str, Any], scope: str | None) -> Span:
    if not isinstance(record, dict):
        raise UnusableError("a span is not an object")
    told = _camel(record)
    status = mapping(told.get("status"))
    return Span(
        trace_id=_id(told.get("traceId"), 16, "traceId"),
        span_id=_id(told.get("spanId"), 8, "spanId"),
        parent_id=_parent(told.get("parentSpanId")),
        name=text(told.get("name")) or "",
        started_at=_started(epoch_ns(told.get("startTimeUnixNano"))),
        ended_at=epoch_ns(told.get("endTimeUnixNano")),
        failed=str(status.get("code")).upper() in _ERRORS,
        message=text(status.get("message")),
        attributes=_attributes(told.get("attributes")),
        events=tuple(
            Event(
                name=str(event.get("name")),
                at=epoch_ns(event.get("timeUnixNano")),
                attributes=_attributes(event.get("attributes")),
            )
            for event in map(_camel, objects(told.get("events")))
        ),
        resource=resource,
        scope=scope,
    )


def from_sdk(record: object) -> Span:
    """Return a span as an SDK prints it: plain attributes, ids perhaps with 0x.

    Raises:
        UnusableError: it lacks what a span needs.
    """
    if not isinstance(record, dict):
        raise UnusableError("a span is not an object")
    context, status = mapping(record.get("context")), mapping(record.get("status"))
    return Span(
        trace_id=_id(context.get("trace_id"), 16, "trace_id"),
        span_id=_id(context.get("span_id"), 8, "span_id"),
        parent_id=_parent(record.get("parent_id")),
        name=text(record.get("name")) or "",
        started_at=_started(_when(record.get("start_time"))),
        ended_at=_when(record.get("end_time")),
        failed=str(status.get("status_code")).upper() in _ERRORS,
        message=text(status.get("description")),
        attributes=mapping(record.get("attributes")),
        events=tuple(
            Event(
                name=str(event.get("name")),
                at=_when(event.get("timestamp")),
                attributes=mapping(event.get("attributes")),
            )
            for event in objects(record.get("events"))
        ),
        resource=mapping(mapping(record.get("resource")).get("attributes")),
    )


def _when(written: object) -> datetime | None:
    return moment(written) or epoch_ns(written)


def _started(at: datetime | None) -> datetime:
    if at is None:
        raise UnusableError("the start time is missing")
    return at


def _camel(record: dict[str, Any]) -> dict[str, Any]:
    """Return an object with keys as OTLP has them; some writers keep the names of the protocol."""

    def key(name: str) -> str:
        first, *rest = name.split("_")
        return first + "".join(word.title() for word in rest)

    return {key(name): value for name, value in record.items()}


def _id(written: object, size: int, name: str) -> str:
    """Return an id as hexadecimal digits, from these or from base64.

    Raises:
        UnusableError: it is neither, or not of that many bytes, or zero.
    """
    if not isinstance(written, str) or not written:
        raise UnusableError(f"{name} is missing")
    plain = written.removeprefix("0x")
    if len(plain) == 2 * size and _HEX.fullmatch(plain):
        found = plain.lower()
    else:
        try:
            found = base64.b64decode(written, validate=True).hex()
        except (binascii.Error, ValueError):
            found = ""
        if len(found) != 2 * size:
            raise UnusableError(f"{name} is no id of {size} bytes")
    if not found.strip("0"):
        raise UnusableError(f"{name} is zero")
    return found


def _parent(written: object) -> str | None:
    if not written or (isinstance(written, str) and not written.removeprefix("0x").strip("0A=")):
        return None
    return _id(written, 8, "the parent's id")


def _attributes(pairs: object) -> dict[str, Any]:
    return {
        pair["key"]: _value(pair.get("value"), 0)
        for pair in objects(pairs)
        if isinstance(pair.get("key"), str)
    }


def _value(wrapped: object, depth: int) -> Any:  # noqa: ANN401 - whatever JSON holds
    if depth > _DEEPEST:
        raise UnusableError("nested too deeply")
    told = _camel(mapping(wrapped))
    for name, value in told.items():
        match name:
            case "intValue":
                negative = isinstance(value, str) and value.startswith("-")
                found = count(value[1:] if negative else value)
                return (
                    -found if negative and found is not None else value if found is None else found
                )
            case "stringValue" | "boolValue" | "doubleValue" | "bytesValue":
                return value
            case "arrayValue":
                return [_value(item, depth + 1) for item in objects(mapping(value).get("values"))]
            case "kvlistValue":
                return {
                    str(pair.get("key")): _value(pair.get("value"), depth + 1)
                    for pair in objects(mapping(value).get("values"))
                }
    return None

"""OpenTelemetry spans in JSON: OTLP as collectors write it, and what SDKs print.

One JSON document, one a line, or several one after the other: all three are met.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics.sources import SourceFormat, Staged
from analytics.sources.otel import meaning
from analytics.sources.otel.span import Span, from_otlp, from_sdk
from analytics.sources.rows import Account, CallWriter, Deaf, UnusableError, documents, tell_growth
from analytics.sources.values import mapping

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def recognise(head: bytes, path: Path) -> str | None:
    """Say why these are OpenTelemetry spans; None where they are not."""
    del path
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.startswith((b"{", b"[")):
        return None
    if b'"resourceSpans"' in start or b'"resource_spans"' in start:
        return "it holds resourceSpans"
    told = (b'"context"', b'"trace_id"', b'"span_id"', b'"start_time"', b'"parent_id"')
    # A call that Weave made of a span holds the span itself as an attribute.
    if all(key in start for key in told) and b'"op_name"' not in start:
        return "it holds spans with a context of trace_id and span_id"
    return None


def stage(con: "DuckDBPyConnection", path: Path, folder: Path) -> Staged:
    """Write the spans of one file as Parquet of ``schema.CALLS``."""
    with CallWriter(con, "otel", folder, path.name) as out:
        # Read twice: a file of spans is larger than what tells which of them repeat others.
        size = path.stat().st_size
        repeated = meaning.repeaters(span for _, span in _spans(path, Deaf(), size))
        for line, span in _spans(path, out, size):
            try:
                out.add(**meaning.call(span, with_usage=span.key not in repeated))
            except UnusableError as fault:
                out.reject(line, str(fault), {"name": span.name, "span_id": span.span_id})
        tell_growth(path, size, out)
    return out.staged(FORMAT.name)


def _spans(path: Path, out: Account, size: int) -> Iterator[tuple[int, Span]]:
    for line, value in documents(path, out, size):
        for record, read in _records(value, out, line):
            try:
                yield line, read(record)
            except UnusableError as fault:
                out.reject(line, str(fault), record)


def _records(value: Any, out: Account, line: int) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401
    """Yield each span record of a document with the function that reads it."""
    if isinstance(value, list):
        for item in value:
            yield from _records(item, out, line)
        return
    document = mapping(value)
    groups = document.get("resourceSpans", document.get("resource_spans"))
    if isinstance(groups, list):
        for group in groups:
            if isinstance(group, dict):
                yield from from_otlp(group)
            else:
                out.reject(line, "an entry of resourceSpans is not an object", group)
    elif isinstance(document.get("spans"), list):
        for record in document["spans"]:
            yield record, from_sdk
    elif "context" in document:
        yield document, from_sdk
    else:
        out.reject(line, "it holds no spans", value)


FORMAT = SourceFormat(
    name="otel-json",
    title="OpenTelemetry spans, OTLP or an SDK's own JSON",
    recognise=recognise,
    stage=stage,
    gives=frozenset({"time", "tokens", "cost", "tools"}),
)

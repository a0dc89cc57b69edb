"""Sessions of Claude Code, one JSONL file each: messages, tool calls and side chains become spans.

The log says nothing of success, so no outcome is read from it. Several lines may carry one message,
each with its usage so far: it counts once. A session ends with its last record; where the log says
that it was broken off, its end is unknown.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics.sources import SourceFormat, Staged
from analytics.sources.rows import CallWriter, UnusableError, derived_id, lines
from analytics.sources.values import count, mapping, moment, objects, price, text, total

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SPEAKING = ("user", "assistant")
_BROKEN_OFF = "[Request interrupted by user"
_NOBODY = "<synthetic>"
"""The model of messages that Claude Code wrote itself, such as an error of the service."""


@dataclass(frozen=True, kw_only=True)
class _Record:
    line: int
    at: datetime
    raw: dict[str, Any]
    role: str | None
    """user or assistant; None for what is no message."""

    @property
    def message(self) -> dict[str, Any]:
        return mapping(self.raw.get("message"))

    @property
    def blocks(self) -> list[dict[str, Any]]:
        content = self.message.get("content")
        return [{"type": "text", "text": content}] if isinstance(content, str) else objects(content)

    @property
    def said(self) -> str:
        return "\n".join(str(b.get("text")) for b in self.blocks if b.get("type") == "text")


@dataclass
class _Session:
    id: str
    records: list[_Record] = field(default_factory=list)
    title: str | None = None


def recognise(head: bytes, path: Path) -> str | None:
    """Say why this is a session of Claude Code; None where it is not."""
    del path
    for line in head.splitlines()[:20]:
        if (
            line.lstrip().startswith(b"{")
            and all(key in line for key in (b'"sessionId"', b'"timestamp"', b'"message"'))
            and any(key in line for key in (b'"parentUuid"', b'"requestId"'))
        ):
            return "a line is a message with sessionId and parentUuid or requestId"
    return None


def stage(con: "DuckDBPyConnection", path: Path, folder: Path) -> Staged:
    """Write the spans of every session in one file as Parquet of ``schema.CALLS``."""
    with CallWriter(con, "claude-code", folder, path.name) as out:
        for session in _sessions(path, out):
            _write(session, out)
    return out.staged(FORMAT.name)


def _sessions(path: Path, out: CallWriter) -> Iterable[_Session]:
    sessions: dict[str, _Session] = {}
    titles: dict[str, str] = {}
    seen: dict[str, _Session] = {}
    for line, raw in lines(path, out):
        if raw.get("type") == "summary":
            titles[str(raw.get("leafUuid"))] = str(raw.get("summary"))
            continue
        try:
            record = _record(line, raw)
        except UnusableError as fault:
            out.reject(line, str(fault), raw)
            continue
        own = text(raw.get("uuid"))
        if record is None or own in seen:
            continue
        session = sessions.setdefault(raw["sessionId"], _Session(raw["sessionId"]))
        session.records.append(record)
        if own:
            seen[own] = session
    for leaf, title in titles.items():
        if leaf in seen:
            seen[leaf].title = title
    return sessions.values()


def _record(line: int, raw: dict[str, Any]) -> _Record | None:
    """Return a record of a session; None for what belongs to none (snapshots, queues).

    Raises:
        UnusableError: a message that lacks what a message needs.
    """
    kind, message = raw.get("type"), raw.get("message")
    speaks = kind in _SPEAKING or (kind is None and message is not None)
    at = moment(raw.get("timestamp"))
    if not text(raw.get("sessionId")) or at is None:
        if speaks:
            missing = "timestamp" if text(raw.get("sessionId")) else "sessionId"
            raise UnusableError(f"{missing} is missing")
        return None
    role = None
    if speaks:
        if not isinstance(message, dict):
            raise UnusableError("message is not an object")
        role = kind or message.get("role")
        if role not in _SPEAKING:
            raise UnusableError("nobody is named as who speaks")
        if "content" not in message and "usage" not in message:
            raise UnusableError("the message has no content")
        if not isinstance(message.get("content", []), str | list):
            raise UnusableError("the content is neither a text nor a list")
    return _Record(line=line, at=at, raw=raw, role=role)


def _write(session: _Session, out: CallWriter) -> None:
    main = [record for record in session.records if not record.raw.get("isSidechain")]
    side = [record for record in session.records if record.raw.get("isSidechain")]
    if main:
        _write_session(session, main, out)
    else:
        out.note(
            f"it holds only a side chain of session {session.id}: its tokens count when the file of "
            "the session itself is imported too."
        )
    tasks = _write_chain(session, session.id, main, out)
    for chain in _chains(side):
        _write_agent(session, chain, tasks, out)


def _write_session(session: _Session, main: list[_Record], out: CallWriter) -> None:
    first, last = main[0], max(main, key=lambda record: record.at)
    spoken = [record for record in main if record.role]
    final = spoken[-1] if spoken else None
    broken_off = final is not None and (
        final.said.startswith(_BROKEN_OFF) or final.raw.get("isApiErrorMessage") is True
    )
    prompts = (r.said for r in spoken if r.role == "user" and r.said and not r.raw.get("isMeta"))
    answers = [r.said for r in spoken if r.role == "assistant" and r.said]
    out.add(
        span_id=session.id,
        trace_id=session.id,
        project=text(first.raw.get("cwd")),
        thread_id=session.id,
        op="claude_code.session",
        op_version=text(first.raw.get("version")),
        display_name=session.title,
        kind="agent",
        started_at=min(record.at for record in main),
        ended_at=None if broken_off else max(record.at for record in session.records),
        status="ok",
        error_type=_how_broken_off(final) if final and broken_off else None,
        error_message=final.said if final and broken_off else None,
        inputs={"prompt": next(prompts, None)},
        output={"answer": answers[-1]} if answers else None,
        attributes={
            **{name: last.raw.get(name) for name in ("cwd", "version", "gitBranch", "slug")},
            "compactions": sum(r.raw.get("subtype") == "compact_boundary" for r in main),
        },
    )


def _how_broken_off(final: _Record) -> str:
    if final.said.startswith(_BROKEN_OFF):
        return "Interrupted"
    return text(final.raw.get("error")) or "ApiError"


def _chains(side: list[_Record]) -> Iterator[list[_Record]]:
    """Split side chains: by the agent they name, else by where each begins."""
    begins: dict[str, str] = {}
    chains: dict[str, list[_Record]] = {}
    for record in side:
        own = str(record.raw.get("uuid") or record.line)
        parent = str(record.raw.get("parentUuid"))
        begins[own] = begins.get(parent, own)
        name = text(record.raw.get("agentId")) or begins[own]
        chains.setdefault(name, []).append(record)
    yield from chains.values()


def _write_agent(
    session: _Session, chain: list[_Record], tasks: list["_ToolUse"], out: CallWriter
) -> None:
    first = chain[0]
    name = text(first.raw.get("agentId")) or str(first.raw.get("uuid") or first.line)
    caller = next(
        (t for t in tasks if name == t.agent_id or (first.said and first.said == t.prompt)), None
    )
    span_id = f"{session.id}/agent/{name}"
    out.add(
        span_id=span_id,
        trace_id=session.id,
        parent_id=caller.span_id if caller else session.id,
        project=text(first.raw.get("cwd")),
        thread_id=session.id,
        op=f"{(caller and caller.agent) or 'sub-agent'}.claude_code",
        kind="agent",
        started_at=min(record.at for record in chain),
        ended_at=max(record.at for record in chain),
        status="ok",
        inputs={"prompt": first.said},
        attributes={"agent_id": name},
    )
    _write_chain(session, span_id, chain, out)


@dataclass(kw_only=True)
class _ToolUse:
    span_id: str
    block: dict[str, Any]
    begun: _Record
    ended: _Record | None = None
    result: dict[str, Any] = field(default_factory=dict)

    @property
    def prompt(self) -> str | None:
        return text(mapping(self.block.get("input")).get("prompt"))

    @property
    def agent(self) -> str | None:
        return text(mapping(self.block.get("input")).get("subagent_type"))

    @property
    def agent_id(self) -> str | None:
        told = mapping(self.ended.raw.get("toolUseResult")) if self.ended else {}
        return text(told.get("agentId"))


def _write_chain(
    session: _Session, parent_id: str, chain: list[_Record], out: CallWriter
) -> list[_ToolUse]:
    """Write the model's messages and the tools of one chain; return the tools."""
    asked: dict[str, _Record] = {}
    answers: dict[str, list[_Record]] = {}
    uses: dict[str, _ToolUse] = {}
    before: _Record | None = None
    for record in chain:
        if record.role == "assistant":
            key = _message_key(session, record)
            asking = before if before and before.role == "user" else None
            if key not in answers and asking:
                asked[key] = asking
            answers.setdefault(key, []).append(record)
        for block in record.blocks if record.role else ():
            _take_tool(session, record, block, uses)
        before = record
    for key, parts in answers.items():
        _guarded(out, parts[0], _message(session, parent_id, key, asked.get(key), parts))
    for use in uses.values():
        _guarded(out, use.begun, _tool(session, parent_id, use))
    return list(uses.values())


def _guarded(out: CallWriter, record: _Record, fields: dict[str, Any]) -> None:
    try:
        out.add(**fields)
    except UnusableError as fault:
        out.reject(record.line, str(fault), record.raw.get("uuid") or "")


def _message_key(session: _Session, record: _Record) -> str:
    """Return what makes a message one: the service's ids, which a resumed session repeats."""
    message, request = text(record.message.get("id")), text(record.raw.get("requestId"))
    if message and request:
        return derived_id("message", message, request)
    return derived_id("message", session.id, message or record.raw.get("uuid") or record.line)


def _take_tool(
    session: _Session, record: _Record, block: dict[str, Any], uses: dict[str, _ToolUse]
) -> None:
    if block.get("type") == "tool_use" and text(block.get("id")) and text(block.get("name")):
        span_id = f"{session.id}/{block['id']}"
        uses.setdefault(block["id"], _ToolUse(span_id=span_id, block=block, begun=record))
    elif block.get("type") == "tool_result" and block.get("tool_use_id") in uses:
        use = uses[block["tool_use_id"]]
        use.ended, use.result = record, block


def _message(
    session: _Session, parent_id: str, key: str, asking: _Record | None, parts: list[_Record]
) -> dict[str, Any]:
    # Every line repeats the usage so far: the last one has counted the whole answer.
    used = max(
        (mapping(part.message.get("usage")) for part in parts),
        key=lambda usage: count(usage.get("output_tokens")) or 0,
    )
    told = text(parts[0].message.get("model"))
    model = None if told == _NOBODY else told
    counted = {
        name: count(used.get(name)) if told != _NOBODY else None
        for name in (
            "input_tokens",
            "output_tokens",
            "cache_read_input_tokens",
            "cache_creation_input_tokens",
        )
    }
    kept = count(mapping(used.get("cache_creation")).get("ephemeral_1h_input_tokens"))
    failed = any(part.raw.get("isApiErrorMessage") is True for part in parts)
    begun, ended = min(p.at for p in parts), max(p.at for p in parts)
    if asking:
        begun = min(begun, asking.at)
    return {
        "span_id": key,
        "trace_id": session.id,
        "parent_id": parent_id,
        "project": text(parts[0].raw.get("cwd")),
        "thread_id": session.id,
        "op": "claude_code.message",
        "kind": "llm",
        "started_at": begun,
        # A single moment is when the answer was written: how long it took is not known.
        "ended_at": ended if ended > begun else None,
        "status": "error" if failed else "ok",
        "error_type": (text(parts[0].raw.get("error")) or "ApiError") if failed else None,
        "error_message": parts[-1].said if failed else None,
        "provider": "anthropic" if model and model.startswith("claude") else None,
        "model": model,
        "input_tokens": total(
            counted["input_tokens"],
            counted["cache_read_input_tokens"],
            counted["cache_creation_input_tokens"],
        ),
        "output_tokens": counted["output_tokens"],
        "cache_read_tokens": counted["cache_read_input_tokens"],
        "cache_write_tokens": counted["cache_creation_input_tokens"],
        "cache_write_1h_tokens": kept if told != _NOBODY else None,
        "cost_usd": price(parts[-1].raw.get("costUSD")),
        "inputs": asking.message.get("content") if asking else None,
        "output": [block for part in parts for block in part.blocks] or None,
        "attributes": {"stop_reason": parts[-1].message.get("stop_reason")},
    }


def _tool(session: _Session, parent_id: str, use: _ToolUse) -> dict[str, Any]:
    failed = use.result.get("is_error") is True
    content = use.result.get("content")
    said = (
        content
        if isinstance(content, str)
        else "\n".join(
            str(block.get("text")) for block in objects(content) if block.get("type") == "text"
        )
    )
    return {
        "span_id": use.span_id,
        "trace_id": session.id,
        "parent_id": parent_id,
        "project": text(use.begun.raw.get("cwd")),
        "thread_id": session.id,
        "op": f"tool.{use.block['name']}",
        "kind": "tool",
        "started_at": use.begun.at,
        "ended_at": use.ended.at if use.ended else None,
        "status": "error" if failed else "ok" if use.ended else "running",
        "error_message": said[:2000] if failed else None,
        "inputs": use.block.get("input"),
        "output": content,
        "attributes": {"tool_use_id": use.block["id"]},
    }


FORMAT = SourceFormat(
    name="claude-code",
    title="Claude Code session, JSONL",
    recognise=recognise,
    stage=stage,
    gives=frozenset({"time", "tokens", "cost", "tools"}),
)

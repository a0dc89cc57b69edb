"""What a call means, read from the semantics files: the slow and obvious way."""

import json
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from tests.oracle import diffs
from tests.oracle.records import Call

FOLDER = Path(__file__).parents[2] / "analytics" / "semantics"
ORDER = (
    "record", "patchpilot", "weave-eval", "claude-code", "inspect", "swe-agent", "otel-genai", "generic",
)  # fmt: skip


@cache
def preset(name: str) -> dict[str, Any]:
    """Return one bundled semantics file."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))


def recognised(call: Call) -> tuple[str | None, str | None]:
    """Return the preset that knows the op, and the op's role there (None for 'other')."""
    for name in ORDER:
        for role, patterns in preset(name).get("roles", {}).items():
            if _fits(call.op, patterns):
                return name, None if role == "other" else role
    return None, None


def kind(call: Call) -> str:
    """Return agent, llm, tool, scorer or other: as the preset says, else as the source does."""
    return _kind_of_op(call) or call.told_kind or "other"


def agent(call: Call) -> str | None:
    """Return the agent whose step this is: as the source says, else where its op names one."""
    by_op = _kind_of_op(call) == "agent" and _ops_name(call)
    return call.told_agent or (call.op.split(".")[0] if by_op else None)


def tool(call: Call) -> str | None:
    """Return the tool that this is a call of; None where it is none."""
    if kind(call) != "tool":
        return None
    by_op = _kind_of_op(call) == "tool" and _ops_name(call)
    return call.told_tool or (call.op.removeprefix("tool.") if by_op else call.op)


def _kind_of_op(call: Call) -> str | None:
    known, _ = recognised(call)
    for name in [known] if known else ORDER:
        for kind, patterns in preset(name).get("kinds", {}).items():
            if _fits(call.op, patterns):
                return kind
    return None


def _ops_name(call: Call) -> bool:
    """Say whether ops of this system carry the names of agents and tools."""
    known, _ = recognised(call)
    return not (known and preset(known).get("named_by_source"))


def error_kind(error_type: str | None, name: str) -> str | None:
    """Say infra, timeout or, of any other exception, agent."""
    if error_type is None:
        return None
    for kind, patterns in preset(name).get("error_kinds", {}).items():
        if any(fnmatchcase(error_type, pattern) for pattern in patterns):
            return kind
    return "agent"


def fact(call: Call, preset_name: str, role: str, name: str) -> Any:
    """Return one fact of a call: the first path that holds something, in the store's words."""
    if preset_name == "record":
        return _canonical(call, name)
    for rule in preset(preset_name).get("field", []):
        if rule["name"] != name or role not in rule["roles"]:
            continue
        found = _found(call, rule)
        if found is not None:
            return found
    return None


def _canonical(call: Call, name: str) -> Any:
    """Return what a record says under the fact's own name; what its diff shows comes before that."""
    output, attributes = (
        body if isinstance(body := call.bodies[side], dict) else {}
        for side in ("output", "attributes")
    )
    shown = diffs.changes(output.get("diff")).get(name)
    told = next((v for v in (shown, output.get(name), attributes.get(name)) if v is not None), None)
    words = {"claimed": ("pass", "fail"), "error_kind": ("infra", "agent", "timeout")}
    if name in words:
        return told if told in words[name] else None
    if name in ("passed", "knowledge_hit", "first_time_right"):
        return told if isinstance(told, bool) else None
    return told or None if isinstance(told, list) else told


def _found(call: Call, rule: dict[str, Any]) -> Any:
    if rule.get("combine") == "all":
        told = [hit for path in rule["paths"] for hit in _at(call, path) if isinstance(hit, bool)]
        return all(told) if told else None
    for path in rule["paths"]:
        hits = [hit for hit in _at(call, path) if hit is not None]
        if hits and rule.get("of_diff"):
            return diffs.changes(hits[0]).get(rule["name"])
        if hits:
            value = hits if "*" in path else hits[0]
            return _in_our_words(value, rule)
    return None


def _in_our_words(value: Any, rule: dict[str, Any]) -> Any:
    if "values" in rule:
        text = _text(value).lower()
        return next((ours for ours, words in rule["values"].items() if text in words), None)
    if rule.get("unit") == "ms":
        return float(value) / 1000
    if rule["name"] in ("passed", "knowledge_hit"):
        return value if isinstance(value, bool) else None
    if isinstance(value, list):
        return [_text(entry) for entry in value]
    if rule["name"] in ("task", "variant", "repo", "model", "bug_id", "bug_type", "title", "file"):
        return _text(value)
    return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _at(call: Call, path: str) -> Iterator[Any]:
    steps = path.replace("[*]", ".[]").split(".")
    yield from _walk(call.bodies[steps[0]], steps[1:])


def _walk(value: Any, steps: list[str]) -> Iterator[Any]:
    if not steps:
        yield value
    elif steps[0] == "[]":
        for entry in value if isinstance(value, list) else []:
            yield from _walk(entry, steps[1:])
    elif steps[0] == "*":
        for entry in value.values() if isinstance(value, dict) else []:
            yield from _walk(entry, steps[1:])
    elif isinstance(value, dict) and steps[0] in value:
        yield from _walk(value[steps[0]], steps[1:])


def _fits(op: str, patterns: list[str]) -> bool:
    plain = op.replace("_", "").lower()
    return any(fnmatchcase(plain, pattern.replace("_", "").lower()) for pattern in patterns)

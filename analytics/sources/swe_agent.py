"""Trajectories of SWE-agent (three generations) and mini-swe-agent: one run a file.

A trajectory says how the agent stopped, not whether it was right: ``submitted`` is no outcome. Most
hold no times. The date of the file, which is written when the run ends, is then taken for the last
step; how long the run took stays unknown. Counts and costs of zero are what replays write: unknown.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics.sources import SourceFormat, Staged
from analytics.sources.rows import CallWriter, UnusableError, derived_id, document, parsed
from analytics.sources.values import (
    count,
    epoch_seconds,
    mapping,
    number,
    objects,
    price,
    text,
    total,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_OWN_TOOLS = frozenset(
    (
        *("open", "goto", "scroll_up", "scroll_down", "create", "edit", "insert", "search_dir"),
        *("search_file", "find_file", "submit", "str_replace_editor", "view", "str_replace"),
        *("undo_edit", "filemap", "exit_forfeit", "skip"),
    )
)
_FENCED = re.compile(r"```(?:mswea_bash_command|bash)\s*\n(.*?)\n?```", re.DOTALL)
_MINI = (b"mswea_bash_command", b"COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT")
_NO_TIMES = "it holds no times: the date of the file is taken for its end, its duration is unknown."


@dataclass(frozen=True, kw_only=True)
class _Step:
    said: str | None
    action: str | None
    observation: Any
    seconds: float | None = None
    at: datetime | None = None


def recognise(head: bytes, path: Path) -> str | None:
    """Say why this is a trajectory; None where it is not."""
    del path
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()

    def holds(*keys: str) -> bool:
        return all(f'"{key}"'.encode() in start for key in keys)

    if start.startswith(b"{"):
        if holds("trajectory", "action", "observation", "thought"):
            return "it holds a trajectory of actions, observations and thoughts"
        if re.match(rb'\{\s*"history"', start) and holds("role", "content", "agent"):
            return "it holds a history of messages that name their agent"
        if holds("info", "model_stats") and (holds("mini_version") or holds("trajectory_format")):
            return "it holds the info and messages of mini-swe-agent"
    if start.startswith(b"[") and holds("role", "content") and any(m in start for m in _MINI):
        return "it is a list of messages with mini-swe-agent's commands"
    return None


def stage(con: "DuckDBPyConnection", path: Path, folder: Path) -> Staged:
    """Write the run of one trajectory as Parquet of ``schema.CALLS``."""
    with CallWriter(con, "swe-agent", folder, path.name) as out:
        told = document(path, out)
        if isinstance(told, list):
            told = {"messages": told}
        if isinstance(told, dict):
            try:
                _write(told, path, out)
            except UnusableError as fault:
                out.reject(None, str(fault), told)
        elif told is not None:
            out.reject(None, "neither an object nor a list")
    return out.staged(FORMAT.name)


def _write(told: dict[str, Any], path: Path, out: CallWriter) -> None:
    steps = list(_steps(told, out))
    info, config = mapping(told.get("info")), _config(told)
    if not steps and not info:
        raise UnusableError("it holds no steps")
    run_id = _run_id(told, config, steps)
    written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None)
    begins = _begins(steps, written_at)
    timed = [step.at for step in steps if step.at]
    if not timed:
        out.note(_NO_TIMES)
    status, error_type = _end(told, info)
    out.add(
        span_id=run_id,
        trace_id=run_id,
        project=text(told.get("environment")),
        op="swe_agent.run",
        op_version=text(info.get("swe_agent_version")) or text(info.get("mini_version")),
        kind="agent",
        started_at=min(begins, default=written_at),
        ended_at=max(timed) if timed and status != "running" else None,
        status=status,
        error_type=error_type,
        **_usage(told, info),
        inputs={"task": _asked(told)},
        output=_output(info),
        attributes=_attributes(told, info, config, path),
    )
    for position, (step, begun) in enumerate(zip(steps, begins, strict=True), 1):
        try:
            out.add(**_span(step, begun, run_id, position))
        except UnusableError as fault:
            out.reject(position, str(fault), step.action or "")


def _steps(told: dict[str, Any], out: CallWriter) -> Iterator[_Step]:
    trajectory = told.get("trajectory")
    if isinstance(trajectory, list):
        for position, step in enumerate(trajectory, 1):
            if not isinstance(step, dict):
                out.reject(position, "a step is not an object", step)
                continue
            yield _Step(
                said=text(step.get("response")) or text(step.get("thought")),
                action=text(step.get("action")),
                observation=step.get("observation"),
                seconds=number(step.get("execution_time")),
            )
        return
    messages = told.get("history") or told.get("messages")
    if not isinstance(messages, list):
        return
    sound: list[dict[str, Any]] = []
    for position, message in enumerate(messages, 1):
        if isinstance(message, dict) and text(message.get("role")):
            sound.append(message)
        else:
            out.reject(position, "a message without a role", message)
    for position, message in enumerate(sound):
        if message["role"] == "assistant":
            answer = next((m for m in sound[position + 1 : position + 2]), {})
            yield _Step(
                said=text(message.get("content")) or text(message.get("thought")),
                action=_action(message),
                observation=None if answer.get("role") == "assistant" else answer.get("content"),
                at=epoch_seconds(mapping(message.get("extra")).get("timestamp")),
            )


def _action(message: dict[str, Any]) -> str | None:
    if action := text(message.get("action")):
        return action
    actions = objects(mapping(message.get("extra")).get("actions"))
    if command := text(actions[0].get("command")) if actions else None:
        return command
    fenced = _FENCED.search(text(message.get("content")) or "")
    return fenced[1].strip() if fenced else None


def _begins(steps: list[_Step], written_at: datetime) -> list[datetime]:
    """Return when each step began: as it says, else so that the last one ends with the file."""
    begins: list[datetime] = []
    following = written_at
    for step in reversed(steps):
        # Steps without a length keep their order.
        length = timedelta(seconds=min(step.seconds or 0.0, 1e9)) or timedelta(microseconds=1)
        following = step.at or following - length
        begins.append(following)
    return begins[::-1]


def _config(told: dict[str, Any]) -> dict[str, Any]:
    config = told.get("replay_config")
    try:
        return mapping(parsed(config) if isinstance(config, str) else config)
    except UnusableError:
        return {}


def _run_id(told: dict[str, Any], config: dict[str, Any], steps: list[_Step]) -> str:
    """Return an id that stays while the file grows, as far as its first step tells it from others."""
    asked = _asked(told)
    problem = mapping(config.get("problem_statement")).get("id") or told.get("instance_id")
    if steps and (steps[0].seconds is not None or steps[0].at):
        first = steps[0]
        moment = first.at and first.at.isoformat()
        return derived_id(
            "swe-agent", problem, asked, first.said, first.action, first.seconds, moment
        )
    content = [(step.said, step.action, step.observation) for step in steps]
    return derived_id("swe-agent", problem, asked, content, told.get("info"))


def _asked(told: dict[str, Any]) -> str | None:
    """Return what the agent was asked: the first message of a user that is no demonstration."""
    messages = told.get("history") or told.get("messages")
    asked = (m for m in objects(messages) if m.get("role") == "user" and not m.get("is_demo"))
    first = next(asked, {}).get("content")
    if isinstance(first, list):
        return "\n".join(str(part.get("text")) for part in objects(first))
    return text(first)


def _end(told: dict[str, Any], info: dict[str, Any]) -> tuple[str, str | None]:
    """Return the status and the error; a bare list of messages does not say how it ended."""
    if "info" not in told:
        return "ok", None
    reason = text(info.get("exit_status"))
    if reason is None:
        return "running", None
    return ("ok", None) if reason.lower().startswith("submitted") else ("error", reason)


def _usage(told: dict[str, Any], info: dict[str, Any]) -> dict[str, Any]:
    stats = mapping(info.get("model_stats"))
    answers = [
        mapping(mapping(mapping(message.get("extra")).get("response")).get("usage"))
        for message in objects(told.get("messages"))
    ]
    cached = (mapping(u.get("prompt_tokens_details")).get("cached_tokens") for u in answers)
    return {
        "input_tokens": count(stats.get("tokens_sent"))
        or total(*(count(used.get("prompt_tokens")) for used in answers))
        or None,
        "output_tokens": count(stats.get("tokens_received"))
        or total(*(count(used.get("completion_tokens")) for used in answers))
        or None,
        "cache_read_tokens": total(*map(count, cached)),
        "cost_usd": price(stats.get("instance_cost")),
    }


def _output(info: dict[str, Any]) -> dict[str, Any]:
    submission = text(info.get("submission"))
    return {
        "exit_status": info.get("exit_status"),
        "submission": submission,
        # What was submitted may also be a flag or an answer.
        "patches": 1 if submission and "diff --git" in submission else None,
    }


def _attributes(
    told: dict[str, Any], info: dict[str, Any], config: dict[str, Any], path: Path
) -> dict[str, Any]:
    name = path.name.removesuffix(".json").removesuffix(".traj")
    agent = mapping(config.get("agent"))
    repo = mapping(mapping(config.get("env")).get("repo"))
    chosen = mapping(agent.get("model")).get("name")
    mini = mapping(info.get("config"))
    return {
        "task": mapping(config.get("problem_statement")).get("id")
        or told.get("instance_id")
        or (name if ".traj" in path.suffixes else None),
        "repo": repo.get("github_url") or repo.get("repo_name"),
        "model": mapping(mini.get("model")).get("model_name")
        or (None if chosen == "replay" else chosen),
        "exit_status": info.get("exit_status"),
        "api_calls": count(mapping(info.get("model_stats")).get("api_calls")) or None,
    }


def _span(step: _Step, begun: datetime, run_id: str, position: int) -> dict[str, Any]:
    word = step.action.split(maxsplit=1)[0] if step.action and step.action.strip() else None
    ended = None if step.seconds is None else begun + timedelta(seconds=min(step.seconds, 1e9))
    return {
        "span_id": derived_id(run_id, position),
        "trace_id": run_id,
        "parent_id": run_id,
        "op": f"tool.{word if word in _OWN_TOOLS else 'bash'}" if word else "swe_agent.step",
        "kind": "tool" if word else "other",
        "started_at": begun,
        "ended_at": ended,
        "status": "ok",
        "inputs": {"thought": step.said, "action": step.action},
        "output": step.observation,
    }


FORMAT = SourceFormat(
    name="swe-agent",
    title="SWE-agent or mini-swe-agent trajectory",
    recognise=recognise,
    stage=stage,
    gives=frozenset({"time", "tokens", "cost", "tools"}),
)

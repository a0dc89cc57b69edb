"""Raw Weave calls, as exported, as plain objects. Owns what a field of the export says."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Raw = dict[str, Any]

OTEL = ("attributes", "otel_span", "attributes", "gen_ai")
"""Where a call of OpenTelemetry tells of its agent, its tool and who served its model."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call: what the export says, nothing more."""

    id: str
    trace: str
    parent: str | None
    project: str | None
    op: str
    op_version: str | None
    start: datetime
    end: datetime | None
    status: str
    error_type: str | None
    model: str | None
    provider: str | None
    sent: int | None
    received: int | None
    cache_read: int | None
    cache_written: int | None
    kept_1h: int | None
    thought: int | None
    cost: float | None
    told_kind: str | None
    told_agent: str | None
    told_tool: str | None
    bodies: dict[str, Any]
    """inputs, output and attributes."""


def calls_of(raws: Iterable[Raw]) -> list[Call]:
    """Return one call per id: of several records the one that ended, and of those the latest."""
    best: dict[str, Call] = {}
    for raw in raws:
        call = _call(raw)
        other = best.get(call.id)
        if other is None or _fullness(call) > _fullness(other):
            best[call.id] = call
    return list(best.values())


def _fullness(call: Call) -> tuple[bool, datetime]:
    return (call.end is not None, call.end or call.start)


def _call(raw: Raw) -> Call:
    name, version = raw["op_name"], None
    if name.startswith("weave:///"):
        name = name.rpartition("/op/")[2]
        name, _, version = name.rpartition(":") if ":" in name else (name, "", None)
    exception = raw.get("exception")
    end = _time(raw.get("ended_at"))
    status = "ok"
    if exception is not None:
        status = "error"
    elif end is None and raw.get("output") is None:
        status = "running"
    usage = _usage(raw)
    return Call(
        id=raw["id"],
        trace=raw["trace_id"],
        parent=raw.get("parent_id"),
        project=raw.get("project_id"),
        op=name,
        op_version=version,
        start=_known(_time(raw["started_at"])),
        end=end,
        status=status,
        error_type=_class_of(exception),
        model=next(iter(usage)) if len(usage) == 1 else None,
        sent=_total(_sent(used) for used in usage.values()),
        received=_total(
            used.get("completion_tokens", used.get("output_tokens")) for used in usage.values()
        ),
        provider=_provider(raw),
        cache_read=_total(map(_cache_read, usage.values())),
        cache_written=_total(used.get("cache_creation_input_tokens") for used in usage.values()),
        kept_1h=_total(
            _at(used, "cache_creation", "ephemeral_1h_input_tokens") for used in usage.values()
        ),
        thought=_total(map(_thought, usage.values())),
        cost=_cost(raw, usage),
        told_kind=_at(raw, "attributes", "weave", "kind"),
        told_agent=_at(raw, *OTEL, "agent", "name"),
        told_tool=_at(raw, *OTEL, "tool", "name"),
        bodies={name: raw.get(name) for name in ("inputs", "output", "attributes")},
    )


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _known(moment: datetime | None) -> datetime:
    assert moment is not None
    return moment


def _class_of(exception: str | None) -> str | None:
    if exception is None or not exception.startswith("{"):
        return None
    return json.loads(exception).get("type")


def _usage(raw: Raw) -> dict[str, dict[str, Any]]:
    usage = (raw.get("summary") or {}).get("usage") or {}
    return {model: used for model, used in usage.items() if model != "usage"}


def _at(value: Any, *keys: str) -> Any:
    """Return what stands below these keys, or None."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _sent(used: dict[str, Any]) -> int | None:
    """Tokens sent, cached ones included: providers that count in input_tokens count the cache apart."""
    if "prompt_tokens" in used:
        return used["prompt_tokens"]
    sent = used.get("input_tokens")
    if sent is None or "input_tokens_details" in used:
        return sent
    if used.get("total_tokens") == sent + (used.get("output_tokens") or 0):
        return sent
    cached = (used.get("cache_read_input_tokens"), used.get("cache_creation_input_tokens"))
    return sent + sum(part or 0 for part in cached)


def _cache_read(used: dict[str, Any]) -> int | None:
    told = (
        used.get("cache_read_input_tokens"),
        _at(used, "prompt_tokens_details", "cached_tokens"),
        _at(used, "input_tokens_details", "cached_tokens"),
    )
    return next((count for count in told if count is not None), None)


def _thought(used: dict[str, Any]) -> int | None:
    told = (
        _at(used, "completion_tokens_details", "reasoning_tokens"),
        _at(used, "output_tokens_details", "reasoning_tokens"),
    )
    return next((count for count in told if count is not None), None)


def _provider(raw: Raw) -> str | None:
    costs = _at(raw, "summary", "weave", "costs") or {}
    named = [cost.get("provider_id") for cost in costs.values()]
    if len(named) == 1 and named[0] not in (None, "default"):
        return named[0]
    return _at(raw, *OTEL, "provider", "name") or _at(raw, *OTEL, "system")


def _cost(raw: Raw, usage: dict[str, dict[str, Any]]) -> float | None:
    """Cost of all models; unknown where one of them has none, since the sum would be too low."""
    costs = _at(raw, "summary", "weave", "costs") or {}
    parts = ("prompt_tokens", "completion_tokens", "cache_read_input_tokens",
             "cache_creation_input_tokens")  # fmt: skip
    known = [
        sum(cost.get(f"{part}_total_cost") or 0.0 for part in parts)
        for cost in costs.values()
        if all(cost.get(f"{part}_total_cost") is not None for part in parts[:2])
    ]
    return sum(known) if known and len(known) >= max(len(costs), len(usage)) else None


def _total(values: Iterable[Any]) -> Any:
    known = [value for value in values if value is not None]
    return sum(known) if known else None

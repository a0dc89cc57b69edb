"""Reports of AgenticSys as JSON: of a run or of an issue, on its way or when it is over."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from analytics.sources.agenticsys import parts, runs
from analytics.sources.agenticsys.log import ON_THE_WAY, REPORTED, Log
from analytics.sources.agenticsys.values import Record, amount, decimal, ending, first, word
from analytics.sources.rows import documents
from analytics.sources.values import mapping, total

_RUN = ("llm_configuration", "success_rate_percent")
_ISSUE = ("agent_metrics", "agent_executions")
_SUMS = ("call_count", "success_count", "failure_count", "total_duration_ms")


def kind(keys: Iterable[str]) -> str | None:
    """Say of what a report with these keys is."""
    known = set(keys)
    if "run_id" not in known:
        return None
    if "project_id" in known and known.intersection(_RUN):
        return "a run"
    if known.intersection(_ISSUE) and known.intersection(("issue_iid", "issue_id")):
        return "an issue"
    return None


def read(path: Path, log: Log) -> None:
    """Take every report of a file: one, a list, or one a line."""
    for line, value in documents(path, log.out):
        for record in value if isinstance(value, list) else [value]:
            what = kind(record) if isinstance(record, dict) else None
            if what == "a run":
                _run(log, line, record)
            elif what == "an issue":
                _issue(log, line, record)
            else:
                log.out.reject(line, "neither the report of a run nor of an issue", record)


def _run(log: Log, line: int, record: Record) -> None:
    log.take(line, record, runs.batch, REPORTED)
    for number, issue in mapping(record.get("issues")).items():
        if isinstance(issue, dict):
            named = {"run_id": record["run_id"], "issue_iid": number, **issue}
            _issue(log, line, named)
        else:
            log.out.reject(line, f"issue {number} is not an object", issue)


def _issue(log: Log, line: int, record: Record) -> None:
    running = ending(word(record.get("status")), log.at(record.get("end_time"))) == "running"
    detail = ON_THE_WAY if running else REPORTED
    of = {name: record[name] for name in ("run_id", "issue_iid", "issue_id") if name in record}
    log.take(line, record, runs.issue, REPORTED)
    for name, metrics in mapping(record.get("agent_metrics")).items():
        told = mapping(metrics)
        # Each agent is listed from the start, also one that was never called.
        if any(decimal(value) for value in told.values()):
            known = {"start_time": record.get("start_time"), "agent_name": name}
            log.take(line, {**told, **of, **known}, parts.agent, detail)
    tried = [{**of, **each} for each in _listed(log, line, record, "agent_executions")]
    for each in tried:
        log.take(line, each, parts.attempt, detail)
    for each in attempts_together(tried):
        log.take(line, each, parts.agent, detail)
    used = (
        {**of, "agent_type": each.get("agent_type"), "tool_name": name, **mapping(stats)}
        for each in tried
        for name, stats in mapping(each.get("tool_stats")).items()
    )
    for each in tools_together(used):
        log.take(line, each, parts.tool, detail)
    for name, make in (
        ("pipeline_details", parts.pipeline),
        ("pipelines", parts.pipeline),
        ("debugging_details", parts.cycle),
        ("debugging_cycles", parts.cycle),
        ("errors", parts.error),
    ):
        for each in _listed(log, line, record, name):
            log.take(line, {**each, **of}, make, detail)


def _listed(log: Log, line: int, record: Record, name: str) -> Iterator[dict[str, Any]]:
    value = record.get(name)
    for each in value if isinstance(value, list) else []:
        if isinstance(each, dict):
            yield each
        else:
            log.out.reject(line, f"an entry of {name} is not an object", each)


def attempts_together(tried: Iterable[Record]) -> Iterator[dict[str, Any]]:
    """Yield what all attempts of each agent at each issue come to."""
    together: dict[tuple[str | None, ...], list[Record]] = {}
    for each in tried:
        key = (*_issue_key(each), parts.agent_name(each))
        if key[0] and key[-1]:
            together.setdefault(key, []).append(each)
    for own in together.values():
        verdicts = [parts.succeeded(each) for each in own]
        starts = [each["start_time"] for each in own if isinstance(each.get("start_time"), str)]
        yield {
            **own[0],
            "start_time": min(starts, default=None),
            "attempts": len(own),
            "successes": verdicts.count(True),
            "failures": verdicts.count(False),
            "retries": total(*(amount(first(each, "retry_count", "retries")) for each in own)),
            "duration": sum(decimal(each.get("duration_seconds")) or 0.0 for each in own),
        }


def tools_together(used: Iterable[Record]) -> Iterator[dict[str, Any]]:
    """Yield what each agent's use of each tool at each issue comes to: it is told attempt by attempt."""
    together: dict[tuple[str | None, ...], list[Record]] = {}
    for each in used:
        key = (*_issue_key(each), parts.agent_name(each), word(each.get("tool_name")))
        together.setdefault(key, []).append(each)
    for own in together.values():
        if len(own) == 1:
            yield dict(own[0])
            continue
        sums: dict[str, Any] = {
            name: sum(found)
            for name in _SUMS
            if len(found := [n for e in own if (n := decimal(e.get(name))) is not None]) == len(own)
        }
        yield {**{k: v for k, v in own[0].items() if k not in (*_SUMS, "avg_duration_ms")}, **sums}


def _issue_key(record: Record) -> tuple[str | None, ...]:
    return word(record.get("run_id")), word(first(record, "issue_iid", "issue_id"))

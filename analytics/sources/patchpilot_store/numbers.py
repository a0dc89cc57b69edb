"""Metrics that PatchPilot states: of one run, under any of the names they had, or of a period."""

from datetime import datetime
from typing import Any

from analytics.sources.patchpilot_store.log import (
    SYSTEM,
    Log,
    Record,
    earlier,
    first,
    milliseconds,
    seconds,
    verdict,
    word,
)
from analytics.sources.rows import UnusableError, derived_id
from analytics.sources.values import count, number, text

_COUNTS = {
    "tests_total": ("tests_total", "testsTotal", "totalTests"),
    "tests_passed": ("tests_passed", "testsPassed", "passedTests"),
    "bugs_found": ("bugs_found", "bugsFound"),
    "bugs_fixed": ("bugs_fixed", "bugsFixed"),
    "iterations": ("iterations_total", "iterationsTotal", "iterations"),
    "patches": ("patches_generated", "patchesGenerated", "patches_applied", "patchesApplied"),
}
_LENGTHS = {
    "duration_s": (
        ("duration_seconds", "duration_s"),
        ("durationMs", "duration_ms", "totalDuration", "duration"),
    ),
    "fix_time_s": (
        ("fix_time_seconds", "avg_fix_time_seconds", "fix_time"),
        ("avgTimeToFix", "avgFixTimeMs", "fixTimeMs", "avg_fix_time_ms", "fix_time_ms"),
    ),
    "deployment_time_s": (
        ("deployment_time", "deployment_time_seconds", "deployment_time_s"),
        ("deployment_time_ms", "deploymentTimeMs", "deploymentTime"),
    ),
}
"""Names that give seconds, and names that give milliseconds."""
_OTHER = {
    "tests_failed": ("tests_failed", "testsFailed"),
    "total_tokens": ("llm_tokens_used", "llmTokensUsed"),
    "redis_queries": ("redis_queries", "redisQueriesCount"),
}
_TIMES = "timestamp", "createdAt", "date"
_IDS = "run_id", "runId", "id"
TELLING = frozenset(
    name
    for names in (*_COUNTS.values(), *(n for pair in _LENGTHS.values() for n in pair))
    for name in names
    if name not in ("duration", "iterations", "durationMs", "duration_ms", "duration_s")
) | {"pass_rate", "passRate", "run_success", "fix_success_rate"}
"""Names of which two make a record one of these."""


def metrics(log: Log, record: Record) -> list[dict[str, Any]]:
    """Return the span of the run that a record of metrics is about."""
    lengths = {name: _length(record, *names) for name, names in _LENGTHS.items()}
    counts = {name: count(first(record, *names)) for name, names in _COUNTS.items()}
    if counts["tests_total"] == 0:
        counts |= {"tests_total": None, "tests_passed": None}
    if (fixed := number(first(record, *_COUNTS["bugs_fixed"]))) is not None and fixed < 0:
        log.out.note("bugs_fixed is below zero in some records: there it is unknown.")
    written_at = log.at(first(record, *_TIMES))
    rate = _rate(log, record, counts)
    said = first(record, "run_success", "success", "status")
    length = lengths.pop("duration_s")
    version = word(record.get("version"))
    run_id = _id(record)
    return [
        {
            "span_id": run_id,
            "trace_id": run_id,
            "op": "record.run",
            "op_version": version,
            "kind": "agent",
            "agent": SYSTEM,
            # Metrics are written when the run is over.
            "started_at": earlier(written_at, length) if written_at else log.dated(),
            "ended_at": written_at if length else None,
            "status": "ok",
            "output": {
                "claimed": verdict(said) if said is not None else _all_or_not(rate),
                **counts,
                **lengths,
                "pass_rate": rate,
                **_ratios(record, counts["bugs_found"]),
                **{name: count(first(record, *names)) for name, names in _OTHER.items()},
            },
            "attributes": {
                "task": word(first(record, "task", "testId", "test_id")),
                "repo": word(first(record, "repo", "repoName", "repoId")),
                "variant": version,
                "run": word(record.get("run")),
            },
            "detail": 1,
        }
    ]


def _id(record: Record) -> str:
    own = word(first(record, *_IDS))
    if own:
        return own
    when = first(record, *_TIMES)
    return derived_id("patchpilot-metrics", record.get("run"), when, None if when else dict(record))


def _length(record: Record, of_s: tuple[str, ...], of_ms: tuple[str, ...]) -> float | None:
    return seconds(first(record, *of_s)) or milliseconds(first(record, *of_ms))


def _rate(log: Log, record: Record, counts: dict[str, int | None]) -> float | None:
    """Return the stated pass rate; zero where no test is counted is what stands for unknown."""
    share, percent = number(record.get("pass_rate")), number(record.get("passRate"))
    total, passed = counts["tests_total"], counts["tests_passed"]
    rate = percent / 100 if percent is not None else share
    if percent is None and share is not None and share > 1:
        rate = share / 100
    if percent is not None and 0 < percent <= 1:
        log.out.note("passRate of 1 or less may be a share or a percentage: it is left out.")
        return None
    if rate is None or not 0 <= rate <= 1 or (not rate and not total):
        return None
    if total and passed is not None and abs(rate - passed / total) > 0.01:
        log.out.note(
            f"a run states a pass rate of {rate:.0%}, and {passed} of {total} tests passed."
        )
    return rate


def _all_or_not(rate: float | None) -> str | None:
    """Return what a pass rate claims of its run: a run passes when all of its tests do."""
    return None if rate is None else "pass" if rate == 1 else "fail"


def _ratios(record: Record, bugs: int | None) -> dict[str, float | None]:
    names = ("fix_success_rate", "iterations_per_bug")
    hits = number(first(record, "redis_hit_rate", "redisHitRate"))
    return {
        **{name: number(record.get(name)) if bugs else None for name in names},
        "redis_hit_rate": hits,
    }


def period(log: Log, record: Record) -> list[dict[str, Any]]:
    """Return the span of what one repository's runs of a day, week or month came to: a batch.

    Raises:
        UnusableError: it names no repository or period.
    """
    repo, span, key = (word(record.get(name)) for name in ("repoId", "period", "periodKey"))
    if not (repo and span and key):
        raise UnusableError("repoId, period or periodKey is missing")
    span_id = derived_id("patchpilot-period", repo, span, key)
    made_at, changed_at = (log.at(record.get(name)) for name in ("createdAt", "updatedAt"))
    tests, patches = (count(record.get(name)) for name in ("totalTests", "totalPatches"))
    return [
        {
            "span_id": span_id,
            "trace_id": span_id,
            "op": "record.batch",
            "display_name": f"{repo}, {span} {key}",
            "agent": SYSTEM,
            "started_at": made_at or log.dated(),
            "ended_at": _after(made_at, changed_at),
            "status": "ok",
            "output": {
                "runs_total": count(record.get("totalRuns")),
                "tests_total": tests or None,
                "tests_passed": count(record.get("passedTests")) if tests else None,
                "patches": patches,
                "pass_rate": _percent(record.get("passRate")) if tests else None,
                "fix_time_s": milliseconds(record.get("avgTimeToFix")) if patches else None,
                # It calls a patch successful when the run that made it was completed.
                "patches_of_completed_runs": count(record.get("successfulPatches")),
                "patches_of_other_runs": count(record.get("failedPatches")),
            },
            "attributes": {"batch": f"{repo}/{span}/{key}", "repo": repo, "period": text(span)},
        }
    ]


def _after(begun: datetime | None, ended: datetime | None) -> datetime | None:
    return ended if begun and ended and ended > begun else None


def _percent(value: object) -> float | None:
    found = number(value)
    return found / 100 if found is not None and 0 <= found <= 100 else None

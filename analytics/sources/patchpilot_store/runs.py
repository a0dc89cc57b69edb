"""Runs of PatchPilot's store with their tests and patches, and rows of its data set of runs.

A run gives its tests and patches in their order, but times only the tests that failed. What has no
time stands right behind what came before it; the last test of a run that is over ends with the run.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from analytics.sources.patchpilot_store.log import (
    SYSTEM,
    Log,
    Record,
    earlier,
    is_running,
    later,
    milliseconds,
    verdict,
    word,
)
from analytics.sources.rows import UnusableError, derived_id
from analytics.sources.values import count, mapping, objects, text

_UNTIMED = (
    "the store does not time patches, nor tests that passed: they stand in their order, "
    "and the last test ends with its run."
)


@dataclass
class _Steps:
    """The steps of one run, one behind the other."""

    run_id: str
    now: datetime
    spans: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self, op: str, agent: str, ended_at: datetime | None, length: float | None, **own: object
    ) -> None:
        """Add a step; without an end it stands right behind the one before."""
        started_at = earlier(ended_at, length) if ended_at else later(self.now)
        self.now = max(self.now, ended_at or started_at)
        # Lists only grow: the nth test stays the nth.
        nth = sum(span["op"] == op for span in self.spans)
        self.spans.append(
            {
                "span_id": derived_id("patchpilot", self.run_id, op, nth),
                "trace_id": self.run_id,
                "parent_id": self.run_id,
                "op": op,
                "kind": "agent",
                "agent": agent,
                "started_at": started_at,
                "ended_at": ended_at if length else None,
                "status": "ok",
                **own,
            }
        )


def run(log: Log, record: Record) -> list[dict[str, Any]]:
    """Return the span of one run of the store, and those of its steps.

    Raises:
        UnusableError: it has no id.
    """
    run_id = word(record.get("id"))
    if run_id is None:
        raise UnusableError("id is missing")
    said = text(record.get("status"))
    running = is_running(said)
    started_at = log.at(record.get("startedAt")) or log.dated()
    ended_at = None if running else log.at(record.get("completedAt"))
    specs = [word(s.get("id")) or word(s.get("name")) for s in objects(record.get("testSpecs"))]
    tasks = [name for name in specs if name]
    results, patches = (record.get(name) for name in ("testResults", "patches"))
    told = objects(results) or objects(patches)
    root = {
        "span_id": run_id,
        "trace_id": run_id,
        "thread_id": word(record.get("sessionId")),
        "op": "record.run",
        "kind": "agent",
        "agent": SYSTEM,
        "started_at": started_at,
        "ended_at": ended_at,
        "status": "running" if running else "error" if verdict(said) == "fail" else "ok",
        "inputs": {"testSpecs": record.get("testSpecs")},
        "output": {
            "claimed": verdict(said),
            # It begins at zero, and stays there where nobody counted.
            "iterations": count(record.get("iteration")) or None,
            "patches": len(objects(patches)) if told and not running else None,
        },
        "attributes": {
            "task": ", ".join(sorted(set(tasks))) or None,
            "repo": word(record.get("repoName")) or word(record.get("repoId")),
            "commit_sha": text(mapping(record.get("metadata")).get("commitSha")),
            "status": said,
            "max_iterations": count(record.get("maxIterations")),
            "current_agent": text(record.get("currentAgent")),
        },
    }
    if said is None:
        root["status"] = "ok" if ended_at else "running"
    steps = _Steps(run_id, started_at)
    _tell(log, record, tasks[0] if len(tasks) == 1 else None, ended_at, steps)
    for name, listed in (("testResults", results), ("patches", patches)):
        for each in listed if isinstance(listed, list) else []:
            if not isinstance(each, dict):
                log.out.reject(None, f"an entry of {name} of run {run_id} is not an object", each)
    return [root, *steps.spans]


def _tell(
    log: Log, record: Record, task: str | None, ended_at: datetime | None, steps: _Steps
) -> None:
    """Add the tests and patches of a run: each failing test, then the patch it led to."""
    results, patches = objects(record.get("testResults")), objects(record.get("patches"))
    if patches or len(results) > 1:
        log.out.note(_UNTIMED)
    waiting = list(patches)
    all_hold = verdict(record.get("status")) == "pass"
    for position, result in enumerate(results, 1):
        last = position == len(results)
        if last and result.get("passed") is True:
            # What passes in the end was patched before.
            while waiting:
                _patch(steps, waiting.pop(0), task)
        bugs = sorted({b for p in patches if (b := word(p.get("diagnosisId")))})
        held = bugs if last and all_hold and result.get("passed") is True else None
        _test(log, steps, result, task, ended_at if last else None, held)
        if result.get("passed") is False and waiting:
            _patch(steps, waiting.pop(0), task)
    for patch in waiting:
        _patch(steps, patch, task)


def _test(
    log: Log,
    steps: _Steps,
    result: Record,
    task: str | None,
    ended_at: datetime | None,
    bugs: list[str] | None,
) -> None:
    passed = result.get("passed")
    report = mapping(result.get("failureReport"))
    steps.add(
        "record.test",
        "Tester",
        log.at(report.get("timestamp")) or ended_at,
        milliseconds(result.get("duration")),
        inputs={"failureReport": report} if report else None,
        output={
            "passed": passed if isinstance(passed, bool) else None,
            "tests_total": 1,
            "tests_passed": int(passed) if isinstance(passed, bool) else None,
            "bug_id": word(report.get("testId")) or task,
            "bug_ids": bugs,
        },
    )


def _patch(steps: _Steps, patch: Record, task: str | None) -> None:
    meta = mapping(patch.get("metadata"))
    added, removed = (count(meta.get(name)) for name in ("linesAdded", "linesRemoved"))
    steps.add(
        "record.patch",
        "Fixer",
        None,
        None,
        model=text(meta.get("llmModel")),
        input_tokens=count(meta.get("promptTokens")) or None,
        inputs={"id": patch.get("id"), "diagnosisId": patch.get("diagnosisId")},
        output={
            # A diagnosis has the id of the test that failed.
            "bug_id": word(patch.get("diagnosisId")) or task,
            "title": text(patch.get("description")),
            "file": text(patch.get("file")),
            "diff": text(patch.get("diff")),
            "lines_added": added if added or removed else None,
            "lines_removed": removed if added or removed else None,
        },
    )


def row(log: Log, record: Record) -> list[dict[str, Any]]:
    """Return the spans of one row of the data set of runs.

    Its duration is that of the last test: how long the run took, it does not say.

    Raises:
        UnusableError: it has no id.
    """
    run_id = word(record.get("id"))
    if run_id is None:
        raise UnusableError("id is missing")
    spec = mapping(record.get("testSpec"))
    task = word(spec.get("id")) or word(spec.get("name"))
    written_at = log.at(record.get("timestamp")) or log.dated()
    length = milliseconds(record.get("durationMs"))
    report, found = mapping(record.get("failureReport")), mapping(record.get("diagnosis"))
    patch = mapping(record.get("patch"))
    failed_at = log.at(report.get("timestamp"))
    began = earlier(written_at, length)
    started_at = min(began, failed_at) if failed_at else began
    steps = _Steps(run_id, started_at)
    if report:
        _test(log, steps, {"passed": False, "failureReport": report}, task, None, None)
    if found:
        place = mapping(found.get("localization"))
        steps.add(
            "record.diagnose",
            "Triage",
            None,
            None,
            output={
                "bug_id": word(found.get("failureId")) or task,
                "bug_type": text(found.get("failureType")),
                "title": text(found.get("rootCause")),
                "file": text(place.get("file")),
                "line": count(place.get("startLine")),
            },
        )
    if patch:
        _patch(steps, patch, task)
    passed = record.get("passed")
    steps.add(
        "record.verify" if patch else "record.test",
        "Verifier" if patch else "Tester",
        written_at,
        length,
        output={
            "passed": passed if isinstance(passed, bool) else None,
            "tests_total": 1,
            "tests_passed": int(passed) if isinstance(passed, bool) else None,
            "bug_id": word(report.get("testId")) or word(patch.get("diagnosisId")) or task,
        },
    )
    root = {
        "span_id": run_id,
        "trace_id": run_id,
        "op": "record.run",
        "kind": "agent",
        "agent": SYSTEM,
        "started_at": started_at,
        "status": "ok",
        "inputs": {"testSpec": spec},
        "output": {
            "claimed": verdict(record.get("success")),
            "iterations": count(record.get("iterations")) or None,
            "test_duration_s": length,
        },
        "attributes": {"task": task},
    }
    return [root, *steps.spans]

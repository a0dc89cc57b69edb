"""Which records a file holds: a dump of Redis, a list, one a line, or a single one."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from analytics.sources.patchpilot_store import memory, numbers, runs
from analytics.sources.patchpilot_store.log import Log, Record
from analytics.sources.rows import UnusableError, documents, parsed

REDIS_KEY = re.compile(
    r"runs:(data|history|all|active)\b|failure:[^:\s]+$|metrics:[^\s]+:(day|week|month):|queue:runs|monitoring:config"
)
_INDEX = re.compile(r"runs:(history|all|active)\b")
_PERIOD = re.compile(r"metrics:(.+):(day|week|month):(.+)")
LISTS = ("runs", "data", "metrics", "failures", "activity", "activities", "logs", "rows")
"""Keys under which a file may hold a list of records."""

RUN, ROW, PERIOD, FAILURE, ACTIVITY = (
    "runs",
    "rows of the data set of runs",
    "metrics of a period",
    "failures and their fixes",
    "entries of the activity log",
)
EVENT, QUEUED, METRICS = "events", "queued runs", "metrics of runs"
LOOSE = (ACTIVITY, EVENT)
"""Kinds whose keys other systems use too."""
_MAKE = {
    RUN: runs.run,
    ROW: runs.row,
    PERIOD: numbers.period,
    FAILURE: memory.failure,
    ACTIVITY: memory.activity,
    METRICS: numbers.metrics,
}
_UNUSABLE = {
    EVENT: "an event that tells the page of progress; the run itself says the same",
    QUEUED: "a queued run: what was asked for, not what happened",
}


def kind(keys: Iterable[str]) -> str | None:
    """Say what a record with these keys is."""
    known = set(keys)
    if {"status", "priority", "trigger", "repoFullName"} <= known:
        return QUEUED
    if {"id", "status"} <= known and known & {"testSpecs", "maxIterations", "testResults"}:
        return RUN
    if {"testSpec", "durationMs"} <= known and known & {"success", "passed"}:
        return ROW
    if {"avgTimeToFix", "totalPatches"} <= known:
        return PERIOD
    if {"errorMessage", "failureType"} <= known and known & {"fixDiff", "stackTrace", "embedding"}:
        return FAILURE
    if {"type", "runId", "timestamp", "data"} <= known:
        return EVENT
    if {"id", "agent", "action", "timestamp"} <= known:
        return ACTIVITY
    return METRICS if len(known & numbers.TELLING) > 1 else None


def read(path: Path, log: Log) -> None:
    """Take every record of a file."""
    for line, value in documents(path, log.out):
        for record in value if isinstance(value, list) else [value]:
            _read(log, line, record)


def _read(log: Log, line: int, record: Any) -> None:  # noqa: ANN401 - whatever JSON holds
    if not isinstance(record, dict):
        log.out.reject(line, "not an object", record)
    elif isinstance(record.get("key"), str) and "value" in record:
        _read_key(log, line, record["key"], record["value"])
    elif any(map(REDIS_KEY.match, record)):
        for key, value in record.items():
            _read_key(log, line, key, value)
    elif kind(record) is None and (listed := [n for n in LISTS if isinstance(record.get(n), list)]):
        for name in listed:
            for each in record[name]:
                _take(log, line, each)
    else:
        _take(log, line, record)


def _read_key(log: Log, line: int, key: str, value: Any) -> None:  # noqa: ANN401 - as above
    if _INDEX.match(key):
        log.indexes += 1
        return
    try:
        found = _held(value)
    except UnusableError as fault:
        log.out.reject(line, f"{key}: {fault}", value)
        return
    own: dict[str, str] = {"id": key.partition(":")[2].removeprefix("data:")}
    if named := _PERIOD.fullmatch(key):
        own = dict(zip(("repoId", "period", "periodKey"), named.groups(), strict=True))
    _take(log, line, {**own, **found})


def _held(value: Any) -> Record:  # noqa: ANN401 - as above
    """Return the object that a key holds: itself, as text, or wrapped with its type.

    Raises:
        UnusableError: it holds none.
    """
    if isinstance(value, dict) and "value" in value and kind(value) is None:
        value = value["value"]
    if isinstance(value, str):
        value = parsed(value)
    if isinstance(value, list) and len(value) == 1:
        # What a path of Redis' own JSON type answers with.
        value = value[0]
    if not isinstance(value, dict):
        raise UnusableError("not an object")
    return value


def _take(log: Log, line: int, record: Any) -> None:  # noqa: ANN401 - as above
    what = kind(record) if isinstance(record, dict) else None
    if what == EVENT and record["type"] == "activity" and isinstance(record["data"], dict):
        record = {**record["data"], "runId": record["runId"]}
        what = kind(record)
    if what in _MAKE:
        log.take(line, record, _MAKE[what])
    else:
        reason = _UNUSABLE.get(what or "", "no run, metrics, failure or activity of PatchPilot")
        log.out.reject(line, reason, record)

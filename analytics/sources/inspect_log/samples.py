"""One sample of an Inspect log as a trace of its own: the run, and what it did.

A run has passed where every scorer gave full marks, and failed where one gave none. What lies between
(P, 0.4) is no verdict, nor is a number on a scale other than 0 to 1: the outcome is unknown then.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from analytics.sources.inspect_log import events
from analytics.sources.rows import CallWriter, UnusableError, derived_id
from analytics.sources.values import mapping, moment, number, objects, text, total

Numbered = Iterable[tuple[int, dict[str, Any]]]

_VERDICTS = {
    "c": True,
    "i": False,
    "n": False,
    "yes": True,
    "true": True,
    "no": False,
    "false": False,
}
_ERROR_CLASS = re.compile(r"([A-Za-z_][A-Za-z0-9_.]*)\(")
_NUMERIC = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


@dataclass
class Log:
    """What holds for all samples of one log."""

    header: dict[str, Any]
    off_scale: frozenset[str]
    """Scorers whose numbers are not from 0 to 1."""
    untimed: int = 0
    differing: int = 0
    eval: dict[str, Any] = field(init=False)
    stats: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        """Look up the two parts that every sample asks for."""
        self.eval = mapping(self.header.get("eval"))
        self.stats = mapping(self.header.get("stats"))

    def reconcile(self, held: int, out: CallWriter) -> None:
        """Tell the user where the log's own totals are not what was counted."""
        stated = mapping(self.header.get("results")).get("total_samples")
        if isinstance(stated, int) and stated != held:
            out.note(f"the log states {stated} samples and holds {held}.")
        if self.untimed:
            out.note(
                f"{self.untimed} samples name no time: the start of the log is taken for theirs."
            )
        if self.differing:
            out.note(
                f"{self.differing} samples state other token counts than their model calls add up to; "
                "the calls are counted."
            )
        if self.header.get("status") == "cancelled":
            out.note("the evaluation was cancelled; the samples that it had scored count.")


def off_scale(found: Iterable[dict[str, Any]]) -> frozenset[str]:
    """Return the scorers that gave a number outside 0 to 1 to any sample."""
    return frozenset(
        name
        for sample in found
        for name, score in mapping(sample.get("scores")).items()
        for value in _leaves(mapping(score).get("value"))
        if (marks := _marks(value)) is not None and not 0 <= marks <= 1
    )


def _leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in _leaves(inner)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in _leaves(inner)]
    return [value]


def _marks(value: object) -> float | None:
    if isinstance(value, str) and _NUMERIC.fullmatch(value):
        return float(value)
    return number(value)


def verdict(value: object) -> bool | None:
    """Say whether one score is full marks (True), none at all (False), or neither.

    >>> verdict("C"), verdict("P"), verdict(0.0), verdict({"a": 1, "b": "I"})
    (True, None, False, False)
    """
    said: list[bool | None] = []
    for leaf in _leaves(value):
        if isinstance(leaf, bool):
            said.append(leaf)
        elif (marks := _marks(leaf)) is not None:
            said.append({1.0: True, 0.0: False}.get(marks))
        else:
            said.append(_VERDICTS.get(leaf.lower()) if isinstance(leaf, str) else None)
    return _all(said)


def _all(said: list[bool | None]) -> bool | None:
    if False in said:
        return False
    return True if said and None not in said else None


def write(log: Log, sample: dict[str, Any], out: CallWriter) -> None:
    """Write one sample.

    Raises:
        UnusableError: it has no id, or no time can be told.
    """
    if sample.get("id") is None:
        raise UnusableError("id is missing")
    # A retried evaluation takes finished samples over, with their uuid: they are the same run.
    own = text(sample.get("uuid"))
    run_id = derived_id("inspect", own) if own else _run_id(log, sample)
    read = events.Sample(sample, run_id)
    spans = list(read.spans())
    started_at, ended_at = _times(log, sample, read)
    scores = mapping(sample.get("scores")) or _single(sample)
    error = mapping(sample.get("error"))
    message = text(error.get("message"))
    out.add(
        span_id=run_id,
        trace_id=run_id,
        project=text(log.eval.get("task")),
        op="inspect.sample",
        display_name=f"{log.eval.get('task')} {sample['id']}",
        kind="agent",
        started_at=started_at,
        ended_at=ended_at,
        status="error" if error else "ok",
        error_type=_error_class(message) if error else None,
        error_message=message,
        **_usage(log, sample, spans),
        inputs={"input": read.resolved(sample.get("input")), "target": sample.get("target")},
        output={
            "passed": _all([_scored(log, name, score) for name, score in scores.items()]),
            "scores": read.resolved(
                {
                    name: {
                        key: mapping(score).get(key) for key in ("value", "answer", "explanation")
                    }
                    for name, score in scores.items()
                }
            ),
            "completion": read.resolved(mapping(sample.get("output")).get("completion")),
        },
        attributes=_attributes(log, sample),
    )
    for span in spans:
        try:
            out.add(**span)
        except UnusableError as fault:
            out.reject(None, f"event of sample {sample['id']}: {fault}", span.get("op"))
    for reason in read.unusable:
        out.reject(None, f"event of sample {sample['id']}: {reason}")


def _run_id(log: Log, sample: dict[str, Any]) -> str:
    of = [log.eval.get(name) for name in ("run_id", "task_id", "task", "model")]
    return derived_id("inspect", *of, sample["id"], sample.get("epoch"))


def _single(sample: dict[str, Any]) -> dict[str, Any]:
    """Return the score of a log from before there were several."""
    score = sample.get("score")
    return {"score": score} if isinstance(score, dict) else {}


def _scored(log: Log, name: str, score: object) -> bool | None:
    return None if name in log.off_scale else verdict(mapping(score).get("value"))


def _times(
    log: Log, sample: dict[str, Any], read: events.Sample
) -> tuple[datetime | None, datetime | None]:
    started_at = moment(sample.get("started_at")) or read.first_at
    ended_at = moment(sample.get("completed_at")) or read.last_at
    if started_at is None:
        log.untimed += 1
        started_at = moment(log.stats.get("started_at")) or moment(log.eval.get("created"))
    return started_at, ended_at


def _error_class(message: str | None) -> str:
    found = _ERROR_CLASS.match(message or "")
    return found[1] if found else "SampleError"


def _usage(log: Log, sample: dict[str, Any], spans: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the tokens of a sample where its model calls do not say them."""
    stated = [events.tokens(mapping(u)) for u in mapping(sample.get("model_usage")).values()]
    names = ("input_tokens", "output_tokens")
    counted = [total(*(span.get(name) for span in spans)) for name in names]
    wanted = [total(*(used[name] for used in stated)) for name in names]
    if counted != [None, None]:
        log.differing += bool(stated) and counted != wanted
        return {}
    names = (*names, "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")
    return {name: total(*(used[name] for used in stated)) for name in names}


def _attributes(log: Log, sample: dict[str, Any]) -> dict[str, Any]:
    said = log.eval
    return {
        "task": f"{said.get('task')}/{sample['id']}",
        "epoch": sample.get("epoch"),
        "model": said.get("model"),
        "solver": said.get("solver"),
        "task_version": said.get("task_version"),
        "run_id": said.get("run_id"),
        "eval_id": said.get("eval_id"),
        "log_status": log.header.get("status"),
        "limit": sample.get("limit"),
        "retries": len(objects(sample.get("error_retries"))),
        "metadata": sample.get("metadata"),
    }

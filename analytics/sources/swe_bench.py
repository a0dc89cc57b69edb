"""Reports of the SWE-bench harness: of a whole evaluation, or of one instance. Each instance is a run.

A report of an evaluation is called ``<model>.<run id>.json``; that of an instance stands in
``run_evaluation/<run id>/<model>/<instance>/report.json``. Nothing inside says whose patches were
tested, so these names are part of the format: they make an instance that is in both reports one run.
What SWE-bench calls the model is a whole agent system: our variant. Reports hold no times.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics.sources import SourceFormat, Staged
from analytics.sources.rows import CallWriter, as_json, derived_id, document
from analytics.sources.values import count, mapping

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_LISTS = ("submitted", "completed", "resolved", "unresolved", "empty_patch", "error")
_DECISIVE = ("FAIL_TO_PASS", "PASS_TO_PASS")
"""Tests that decide whether an instance is resolved; the other groups are only reported."""
_NO_TIMES = "it holds no times: the date of the file is taken for every run, durations are unknown."


@dataclass(frozen=True, kw_only=True)
class _Evaluation:
    """Whose patches were tested, as far as the names of file and folders tell."""

    variant: str | None
    run_id: str | None
    at: datetime
    only_here: str | None
    """What tells its runs from others where the names do not."""

    @property
    def batch(self) -> str | None:
        return f"{self.variant}.{self.run_id}" if self.run_id else None

    def span_id(self, instance: str) -> str:
        # The harness writes the slashes of a name in two ways.
        variant = self.variant and self.variant.replace("/", "__")
        return derived_id("swe-bench", variant, self.run_id, self.only_here, instance)


def recognise(head: bytes, path: Path) -> str | None:
    """Say why this is a report of the harness; None where it is not."""
    del path
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.startswith(b"{"):
        return None
    if b'"resolved_ids"' in start and (b'"submitted_ids"' in start or b'"completed_ids"' in start):
        return "it lists submitted and resolved instances"
    totals = (b'"total_instances"', b'"submitted_instances"', b'"resolved_instances"')
    if all(total in start for total in totals) and b"_ids" in start:
        return "it counts submitted and resolved instances"
    of_one = (b'"resolved"', b'"patch_exists"', b'"patch_successfully_applied"')
    if re.match(rb'\{\s*"[^"]+"\s*:\s*\{', start) and all(key in start for key in of_one):
        return "it says of an instance whether its patch was applied and resolved it"
    return None


def stage(con: "DuckDBPyConnection", path: Path, folder: Path) -> Staged:
    """Write the instances of one report as Parquet of ``schema.CALLS``."""
    with CallWriter(con, "swe-bench", folder, path.name) as out:
        told = document(path, out)
        if isinstance(told, dict):
            out.note(_NO_TIMES)
            # Archives date their members by the second: whole seconds are the same in both.
            at = datetime.fromtimestamp(int(path.stat().st_mtime), UTC).replace(tzinfo=None)
            if "resolved_ids" in told or "resolved_instances" in told:
                _write_evaluation(told, path, at, out)
            else:
                _write_instances(told, path, at, out)
        elif told is not None:
            out.reject(None, "not an object")
    return out.staged(FORMAT.name)


def _write_evaluation(told: dict[str, Any], path: Path, at: datetime, out: CallWriter) -> None:
    lists = {name: _ids(told, name, out) for name in _LISTS}
    variant, _, run_id = path.name.removesuffix(".json").rpartition(".")
    named = bool(variant and run_id)
    instances = sorted(set().union(*lists.values()))
    evaluation = _Evaluation(
        variant=variant if named else None,
        run_id=run_id if named else None,
        at=at,
        only_here=None if named else as_json(instances),
    )
    if not named:
        out.note("its name is not <model>.<run id>.json: whose patches were tested is unknown.")
    _reconcile(told, lists, out)
    if instances:
        _write_batch(told, evaluation, out)
    for instance in instances:
        _write(evaluation, instance, _verdict(instance, lists, out), out, detail=1)


def _ids(told: dict[str, Any], name: str, out: CallWriter) -> set[str]:
    listed = told.get(f"{name}_ids", [])
    if not isinstance(listed, list):
        out.reject(None, f"{name}_ids is not a list", listed)
        return set()
    sound = [each for each in listed if isinstance(each, str) and each]
    for position, each in enumerate(listed, 1):
        if not isinstance(each, str) or not each:
            out.reject(position, f"an entry of {name}_ids is no id", each)
    if len(set(sound)) < len(sound):
        out.note(
            f"{name}_ids names {len(sound) - len(set(sound))} instances twice: each is one run."
        )
    return set(sound)


def _reconcile(told: dict[str, Any], lists: dict[str, set[str]], out: CallWriter) -> None:
    for name, ids in lists.items():
        stated = count(told.get(f"{name}_instances"))
        if stated is not None and stated != len(ids):
            out.note(f"it states {stated} {name}_instances, and lists {len(ids)}.")
    unlisted = told.get("incomplete_ids")
    left = (
        {each for each in unlisted if isinstance(each, str)}
        if isinstance(unlisted, list)
        else set()
    )
    if left := left - set().union(*lists.values()):
        out.note(f"{len(left)} instances of the dataset were not submitted: they are no runs.")


def _verdict(instance: str, lists: dict[str, set[str]], out: CallWriter) -> dict[str, Any]:
    said = [
        name
        for name in ("resolved", "unresolved", "empty_patch", "error")
        if instance in lists[name]
    ]
    if len(said) > 1:
        out.note(
            f"it lists {instance} as {' and as '.join(said)}: its outcome is taken as unknown."
        )
        return {"listed": said}
    match said:
        case ["resolved"]:
            return {"passed": True}
        case ["unresolved"]:
            return {"passed": False}
        case ["empty_patch"]:
            # The tests fail on the code as it is: that is how instances are chosen.
            return {"passed": False, "patches": 0}
        case ["error"]:
            return {"error_kind": "infra"}
        case _:
            return {}


def _write_batch(told: dict[str, Any], evaluation: _Evaluation, out: CallWriter) -> None:
    span_id = evaluation.span_id("")
    out.add(
        span_id=span_id,
        trace_id=span_id,
        op="record.batch",
        started_at=evaluation.at,
        status="ok",
        output={
            "batch": evaluation.batch,
            "variant": evaluation.variant,
            "runs_total": count(told.get("submitted_instances")),
            "runs_passed": count(told.get("resolved_instances")),
            "runs_failed": count(told.get("unresolved_instances")),
            "errors": count(told.get("error_instances")),
        },
        attributes={key: value for key, value in told.items() if not isinstance(value, list)},
    )


def _write_instances(told: dict[str, Any], path: Path, at: datetime, out: CallWriter) -> None:
    for position, (instance, report) in enumerate(told.items(), 1):
        if not isinstance(report, dict) or not isinstance(report.get("resolved"), bool):
            out.reject(
                position, f"{instance} is no report that says whether it is resolved", report
            )
            continue
        tests = mapping(report.get("tests_status"))
        groups = [mapping(tests.get(name)) for name in _DECISIVE if name in tests]
        passed, failed = (
            sum(len(group[side]) for group in groups if isinstance(group.get(side), list))
            for side in ("success", "failure")
        )
        facts: dict[str, Any] = {"passed": report["resolved"]}
        if groups:
            facts.update(tests_total=passed + failed, tests_passed=passed)
        if isinstance(report.get("patch_exists"), bool):
            facts["patches"] = int(report["patch_exists"])
        _write(
            _evaluation(path, at, instance, report), instance, facts, out, detail=2, report=report
        )


def _evaluation(path: Path, at: datetime, instance: str, report: dict[str, Any]) -> _Evaluation:
    run_id, variant = _of_folders(path.absolute().parts, instance)
    only_here = None if run_id else json.dumps(report, sort_keys=True)
    return _Evaluation(variant=variant, run_id=run_id, at=at, only_here=only_here)


def _of_folders(parts: tuple[str, ...], instance: str) -> tuple[str | None, str | None]:
    """Return run id and model where the folders are those of the harness.

    >>> _of_folders(("logs", "run_evaluation", "mine", "agent", "x__y-1", "report.json"), "x__y-1")
    ('mine', 'agent')
    >>> _of_folders(("downloads", "report.json"), "x__y-1")
    (None, None)
    """
    if len(parts) >= 5 and parts[-5] == "run_evaluation" and parts[-2] == instance:
        return parts[-4], parts[-3]
    return None, None


def _write(
    evaluation: _Evaluation,
    instance: str,
    facts: dict[str, Any],
    out: CallWriter,
    *,
    detail: int,
    report: dict[str, Any] | None = None,
) -> None:
    span_id = evaluation.span_id(instance)
    repo = _repo(instance)
    out.add(
        span_id=span_id,
        trace_id=span_id,
        op="record.run",
        kind="agent",
        agent=evaluation.variant,
        started_at=evaluation.at,
        status="ok",
        output={
            "task": instance,
            "variant": evaluation.variant,
            "batch": evaluation.batch,
            "repo": repo,
            **facts,
        },
        attributes=report,
        detail=detail,
    )


def _repo(instance: str) -> str | None:
    """Return the repository that an instance is about.

    >>> _repo("sphinx-doc__sphinx-9698"), _repo("mine")
    ('sphinx-doc/sphinx', None)
    """
    found = re.fullmatch(r"(.+?)__(.+)-\d+", instance)
    return f"{found[1]}/{found[2]}" if found else None


FORMAT = SourceFormat(
    name="swe-bench",
    title="SWE-bench reports, of an evaluation or of one instance",
    recognise=recognise,
    stage=stage,
    gives=frozenset({"outcome"}),
)

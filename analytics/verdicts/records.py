"""Records that say the outcome of one run or task each: rows of a table, JSON objects."""

from analytics.sources.rows import UnusableError
from analytics.sources.values import text
from analytics.verdicts import Clue, Kind, Names, Saying
from analytics.verdicts.account import Account, Record, evidence, named, outcome, when, whole

IDS: dict[str, Names] = {
    "run_id": "run", "run": "run", "task": "any", "task_id": "any", "instance_id": "any",
    "instanceid": "any", "instance": "any", "id": "any",
}  # fmt: skip
"""Column that may hold the id -> what it names; the first that a record has counts."""

OUTCOMES: dict[str, Kind] = {
    "resolved": "tests", "passed": "tests", "success": "tests", "succeeded": "tests",
    "verified": "tests", "outcome": "tests", "verdict": "tests", "result": "tests",
    "merged": "merge", "conclusion": "ci", "status": "tests",
}  # fmt: skip
"""Column that may hold the outcome -> what kind of evidence it is; the first that says something counts."""

_OF_A_TRACE = {"trace_id", "span_id", "op_name", "parent_id"}
"""Columns of steps, whose status is no verdict on a run."""

_VARIANTS = ("variant", "model", "model_name_or_path")
_TIMES = ("found_at", "merged_at", "finished_at", "completed_at", "updated_at", "timestamp", "date")


def is_record(record: Record) -> bool:
    """Say whether these columns can tell an outcome."""
    columns = {str(name).strip().lower() for name in record}
    is_step = bool(columns & _OF_A_TRACE)
    return not is_step and bool(columns & IDS.keys()) and bool(columns & OUTCOMES.keys())


def of_record(line: int, record: Record, out: Account) -> None:
    """Read one record."""
    row = {str(name).strip().lower(): told for name, told in record.items()}
    try:
        out.say(_saying(line, row))
    except UnusableError as fault:
        out.reject(line, str(fault), dict(record))


def _saying(line: int, row: Record) -> Saying:
    told_id = next((name for name in IDS if row.get(name) not in (None, "")), None)
    if told_id is None:
        raise UnusableError(f"no id ({', '.join(IDS)})")
    found = next((name for name in OUTCOMES if row.get(name) not in (None, "")), None)
    if found is None and not row.keys() & OUTCOMES.keys():
        raise UnusableError(f"no outcome ({', '.join(OUTCOMES)})")
    variant = next((told for name in _VARIANTS if (told := text(row.get(name)))), None)
    passed = outcome(row[found]) if found else None
    return Saying(
        clues=(Clue(text=named(row[told_id]), names=IDS[told_id]),),
        kind=OUTCOMES[found] if found else "tests",
        passed=passed,
        line=line,
        attempt=whole(row.get("attempt")),
        variant=variant,
        found_at=when(row, *_TIMES),
        evidence=evidence(text(row.get("evidence")), found and f"{found}: {row[found]}"),
    )

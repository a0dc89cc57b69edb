"""What a run comes to: counted in its steps where they were recorded, else as the run itself reports."""

from tests.oracle.rows import Run, told
from tests.oracle.tables import Rows
from tests.oracle.work import total


def deployment(run: Run) -> float | None:
    """Seconds until the patched system answered: of the last deployment, else as the run said."""
    answered = [told(call, "deployment_time_s") for call in run.steps_of("deploy")]
    known = [value for value in answered if value is not None]
    return known[-1] if known else run.told("deployment_time_s")


def knowledge(run: Run) -> tuple[int | None, int | None]:
    """Hits and look-ups that tell; unknown both where there was none."""
    asked = [told(call, "knowledge_hit") for call in run.steps_of("lookup")]
    known = [hit for hit in asked if hit is not None]
    return (sum(known), len(known)) if known else (None, None)


def tests(run: Run) -> tuple[int | None, int | None]:
    """Tests that passed and that ran: in the acceptance, else the last test, else as the run says."""
    for role in ("accept", "test"):
        told_of = [call for call in run.steps_of(role) if told(call, "tests_total") is not None]
        if told_of:
            return told(told_of[-1], "tests_passed"), told(told_of[-1], "tests_total")
    return run.told("tests_passed"), run.told("tests_total")


def tool_calls(run: Run, rows: Rows) -> int | None:
    """Calls of tools."""
    return _else_told(run, "tool_calls", total(use.calls for use in rows.tools if use.run is run))


def retries(run: Run, rows: Rows) -> int | None:
    """Times that agents tried again."""
    return _else_told(run, "retries", total(p.retries for p in rows.parts if p.run is run))


def pipelines_of_run(run: Run, rows: Rows) -> int | None:
    """Pipelines."""
    return _else_told(run, "pipeline_attempts", len(_endings(run, rows)) or None)


def pipelines_passed(run: Run, rows: Rows) -> int | None:
    """Pipelines that passed."""
    known = [passed for passed in _endings(run, rows) if passed is not None]
    return _else_told(run, "pipelines_passed", sum(known) if known else None)


def pipelines_judged(run: Run, rows: Rows) -> int | None:
    """Pipelines that passed or failed."""
    known = [passed for passed in _endings(run, rows) if passed is not None]
    failed = _else_told(run, "pipelines_failed", known.count(False) if known else None)
    passed = pipelines_passed(run, rows)
    return None if passed is None or failed is None else passed + failed


def _endings(run: Run, rows: Rows) -> list[bool | None]:
    return [pipeline.passed for pipeline in rows.pipelines if pipeline.run is run]


def cycles_of_run(run: Run, rows: Rows) -> int | None:
    """Debugging cycles."""
    return _else_told(run, "debugging_cycles", len(_resolved(run, rows)) or None)


def cycles_resolved(run: Run, rows: Rows) -> int | None:
    """Debugging cycles that were resolved."""
    known = [resolved for resolved in _resolved(run, rows) if resolved is not None]
    return _else_told(run, "debugging_resolved", sum(known) if known else None)


def cycles_judged(run: Run, rows: Rows) -> int | None:
    """Debugging cycles of which it is known whether they were."""
    known = [resolved for resolved in _resolved(run, rows) if resolved is not None]
    if known:
        return len(known)
    return run.told("debugging_cycles") if run.told("debugging_resolved") is not None else None


def _resolved(run: Run, rows: Rows) -> list[bool | None]:
    return [cycle.resolved for cycle in rows.cycles if cycle.run is run]


def first_time_right(run: Run, rows: Rows) -> bool | None:
    """As the run says, else by its first pipeline, else every bug fixed by its first patch."""
    if (said := run.told("first_time_right")) is not None:
        return said
    endings = _endings(run, rows)
    if endings and endings[0] is not None:
        return endings[0]
    if all(bug.attempts is None for bug in run.bugs):
        return None
    return all(bug.fixed_at is not None and bug.attempts in (None, 1) for bug in run.bugs)


def code(run: Run, name: str) -> int | None:
    """What became of the code: of the whole run, else of its code steps, else of the patches that held."""
    whole, steps = run.told(name), total(told(call, name) for call in run.steps_of("code"))
    held = [bug.patch for bug in run.bugs if bug.fixed_at and bug.patch]
    patches = None if name == "commits" else total(told(call, name) for call in held)
    return next((value for value in (whole, steps, patches) if value is not None), None)


def coverage(run: Run) -> float | None:
    """Share of the code that tests cover: as the run says, else as its last code step does."""
    said = [told(call, "coverage") for call in run.steps_of("code")]
    known = [value for value in said if value is not None]
    whole = run.told("coverage")
    return whole if whole is not None else known[-1] if known else None


def _else_told(run: Run, name: str, counted: int | None) -> int | None:
    return run.told(name) if counted is None else counted

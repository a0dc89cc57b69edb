"""Every metric of the catalog from the oracle's rows: value, n, hits, missing, floor, ceiling."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from tests.oracle.estimates import (
    Expected,
    count,
    kaplan_meier_median,
    mean,
    quantile,
    rate,
    ratio,
    total,
)
from tests.oracle.reports import (
    code,
    coverage,
    cycles_judged,
    cycles_of_run,
    cycles_resolved,
    deployment,
    first_time_right,
    knowledge,
    pipelines_judged,
    pipelines_of_run,
    pipelines_passed,
    retries,
    tests,
    tool_calls,
)
from tests.oracle.rows import Bug, Run, seconds
from tests.oracle.tables import Rows
from tests.oracle.work import total as plus


def measure(rows: Rows) -> dict[str, Expected]:
    """Work out every metric, by name."""
    return {**_outcomes(rows), **_repairs(rows), **_spending(rows), **_work(rows)}


def _outcomes(rows: Rows) -> dict[str, Expected]:
    runs = rows.runs
    over = [run for run in runs if run.state != "running"]
    known = [run for run in over if run.outcome != "unknown"]
    infra = [run for run in known if run.outcome == "fail" and run.error_kind == "infra"]
    checked = [r for r in runs if r.state == "finished" and r.claimed == "pass" and r.verified]
    telling = [run for run in over if first_time_right(run, rows) is not None]
    return {
        "pass_rate": rate(
            known,
            lambda run: run.outcome == "pass",
            unknown=len(over) - len(known),
            excusable=len(infra),
        ),
        "verified_pass_rate": rate(over, lambda run: run.verified == run.outcome == "pass"),
        "claim_refuted_rate": rate(checked, lambda run: run.verified == "fail"),
        "unknown_rate": rate(over, lambda run: run not in known),
        "infra_failure_rate": rate(over, lambda run: run in infra),
        "recovered_error_rate": rate(
            [run for run in over if errors(run)],
            lambda run: run.own is not None and run.own.status == "ok",
        ),
        "first_time_right_rate": rate(telling, lambda run: first_time_right(run, rows) is True),
        "test_pass_rate": ratio([tests(run) for run in runs]),
        "runs": count(runs, lambda _: True),
        "runs_finished": count(runs, lambda run: run.state == "finished"),
        "runs_running": count(runs, lambda run: run.state == "running"),
        "runs_abandoned": count(runs, lambda run: run.state == "abandoned"),
        "run_duration": mean([duration(run) for run in runs]),
        "errors_per_run": mean([errors(run) if run in over else None for run in runs]),
        "retries_per_run": mean([retries(run, rows) for run in runs]),
        "turns_per_run": mean([run.told("turns") for run in runs]),
        "complexity": mean([run.told("complexity") for run in runs]),
    }


def _repairs(rows: Rows) -> dict[str, Expected]:
    runs, bugs, cycles = rows.runs, rows.bugs, rows.cycles
    closed = [bug for bug in bugs if bug.run.state != "running"]
    fix_times = [fix_time(bug) for bug in bugs]
    return {
        "fix_time_median": _median(bugs),
        "fix_time_mean": mean(fix_times),
        "fix_time_p95": quantile(fix_times, Fraction(95, 100)),
        "bugs_found": total([bugs_found(run) for run in runs]),
        "bugs_fixed": total([bugs_fixed(run) for run in runs]),
        "fix_rate": rate(closed, lambda bug: bug.fixed_at is not None),
        "bugs": count(bugs, lambda _: True),
        "speed_improvement": _speed_up(bugs),
        "first_try_rate": rate(closed, lambda bug: bool(bug.fixed_at) and bug.attempts == 1),
        "iterations_per_run": mean([run.told("iterations") for run in runs]),
        "patches_generated": total([patches(run) for run in runs]),
        "deployment_time": mean([deployment(run) for run in runs]),
        "knowledge_hit_rate": ratio([knowledge(run) for run in runs]),
        "debugging_cycles_per_run": mean([cycles_of_run(run, rows) for run in runs]),
        "debugging_resolved_rate": ratio(
            [(cycles_resolved(run, rows), cycles_judged(run, rows)) for run in runs]
        ),
        "debugging_time": mean([cycle.seconds for cycle in cycles]),
        "debugging_attempts": mean([cycle.attempts for cycle in cycles]),
    }


def _spending(rows: Rows) -> dict[str, Expected]:
    runs, shares = rows.runs, rows.shares
    tokens, costs = [tokens_of(run, rows) for run in runs], [cost_of(run, rows) for run in runs]
    whole = [None if unpriced_in(run, rows) else cost_of(run, rows) for run in runs]
    solved = [_solved(run) for run in runs]
    both = [share.pairs("both") for share in shares]
    return {
        "cost": total(costs),
        "cost_per_run": mean(whole),
        "cost_per_solved_run": ratio(list(zip(whole, solved, strict=True))),
        "cost_per_fixed_bug": ratio(
            [(cost, bugs_fixed(run)) for cost, run in zip(whole, runs, strict=True)]
        ),
        "cost_of_failures": total(
            [cost for cost, hit in zip(costs, solved, strict=True) if hit == 0]
        ),
        "cost_reported": total([share.sum("reported") for share in shares]),
        "cost_computed": total([share.sum("computed") for share in shares]),
        "cost_difference": total([None if c is None else c - r for c, r in both]),
        "tokens": total(tokens),
        "tokens_per_run": mean(tokens),
        "input_tokens_uncached": total([share.sum("uncached") for share in shares]),
        "output_tokens": total([share.tokens("received") for share in shares]),
        "cache_read_tokens": total([share.tokens("cache_read") for share in shares]),
        "cache_write_tokens": total([share.tokens("cache_written") for share in shares]),
        "reasoning_tokens": total([share.tokens("thought") for share in shares]),
        "cache_hit_rate": ratio([share.pairs("from_cache") for share in shares]),
        "unpriced_tokens": total([share.sum("unpriced") for share in shares]),
    }


def _work(rows: Rows) -> dict[str, Expected]:
    runs, pipelines = rows.runs, rows.pipelines
    calls = [tool_calls(run, rows) for run in runs]
    return {
        "agent_time": mean([part.seconds for part in rows.parts]),
        "agent_failure_rate": ratio([(part.failed, part.steps) for part in rows.parts]),
        "tool_calls": total(calls),
        "tool_calls_per_run": mean(calls),
        "tool_failure_rate": ratio([(use.failed, use.judged) for use in rows.tools]),
        "tool_time": ratio([(use.seconds, use.timed) for use in rows.tools]),
        "tool_time_p95": quantile(
            [took for use in rows.tools for took in use.durations], Fraction(95, 100)
        ),
        "pipelines_per_run": mean([pipelines_of_run(run, rows) for run in runs]),
        "pipeline_pass_rate": ratio(
            [(pipelines_passed(run, rows), pipelines_judged(run, rows)) for run in runs]
        ),
        "pipeline_time": mean([pipeline.seconds for pipeline in pipelines]),
        "pipeline_queue_time": mean([pipeline.queue for pipeline in pipelines]),
        "pipeline_execution_time": mean([pipeline.execution for pipeline in pipelines]),
        **{name: total([code(run, name) for run in runs]) for name in CODE},
        "commits": total([code(run, "commits") for run in runs]),
        "coverage": mean([coverage(run) for run in runs]),
    }


CODE = ("files_created", "files_modified", "files_deleted", "lines_added", "lines_removed")


def bugs_found(run: Run) -> int | None:
    """Bugs that came up, else as the run reported, else none where tests ran."""
    return len(run.bugs) or run.told_or_tested("bugs_found")


def bugs_fixed(run: Run) -> int | None:
    """Bugs whose last check passed, else as the run reported, else none where tests ran."""
    if run.bugs:
        return sum(bug.fixed_at is not None for bug in run.bugs)
    return run.told_or_tested("bugs_fixed")


def patches(run: Run) -> int | None:
    """Patches that were made, else as the run reported, else none where tests ran."""
    if made := run.steps_of("patch"):
        return sum(call.status != "error" for call in made)
    return run.told_or_tested("patches")


def duration(run: Run) -> float | None:
    """Seconds from the start of the run to its end."""
    return seconds(run.own) if run.own else None


def errors(run: Run) -> int:
    """Steps below the run that raised."""
    return sum(call.status == "error" for call in run.steps if call is not run.own)


def tokens_of(run: Run, rows: Rows) -> int | None:
    """Tokens sent and received, counted where they were used."""
    own = [spend.call for spend in rows.spends if spend.run is run]
    sent, received = plus(call.sent for call in own), plus(call.received for call in own)
    return None if sent is None or received is None else sent + received


def unpriced_in(run: Run, rows: Rows) -> int:
    """Return the tokens of a run that nobody knows the cost of."""
    return sum(spend.unpriced or 0 for spend in rows.spends if spend.run is run)


def cost_of(run: Run, rows: Rows) -> float | None:
    """Cost as reported, else as computed, counted where it arose."""
    return plus(spend.cost for spend in rows.spends if spend.run is run)


def _solved(run: Run) -> int | None:
    return {"pass": 1, "fail": 0}.get(run.outcome) if run.state != "running" else None


def fix_time(bug: Bug) -> float | None:
    """Seconds from the first failing test to the verification that passed."""
    return _between(bug.found_at, bug.fixed_at)


def observed(bug: Bug) -> float | None:
    """Seconds until it was fixed, else until its run was last heard of."""
    return _between(bug.found_at, bug.fixed_at or bug.run.last_seen)


def _between(start: datetime | None, end: datetime | None) -> float | None:
    if start is None or end is None or end < start:
        return None
    return (end - start) / timedelta(microseconds=1) / 1e6


def _median(bugs: Sequence[Bug]) -> Expected:
    times = _watched(bugs)
    return Expected(
        value=kaplan_meier_median(times),
        n=len(times),
        hits=sum(event for _, event in times),
        missing=len(bugs) - len(times),
    )


def _watched(bugs: Sequence[Bug]) -> list[tuple[float, bool]]:
    return [(time, bug.fixed_at is not None) for bug in bugs if (time := observed(bug)) is not None]


def _speed_up(bugs: Sequence[Bug]) -> Expected:
    watched = [bug for bug in bugs if observed(bug) is not None]
    watched.sort(key=lambda bug: (bug.run.start, observed(bug), bug.fixed_at is not None))
    half = (len(watched) + 1) // 2
    older, newer = _watched(watched[:half]), _watched(watched[half:])
    hits = [sum(event for _, event in part) for part in (older, newer)]
    value = None
    if min(hits) >= 5:
        before, after = kaplan_meier_median(older), kaplan_meier_median(newer)
        value = 1 - after / before if before and after is not None else None
    return Expected(value=value, n=len(watched), hits=sum(hits), missing=len(bugs) - len(watched))

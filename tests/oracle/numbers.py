"""Every metric of the catalog from the oracle's rows: value, n, hits, missing, floor, ceiling."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from tests.oracle.rows import Bug, Rows, Run, seconds, told


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What an estimate must say, its interval apart."""

    value: float | None
    n: int
    hits: int | None = None
    missing: int = 0
    floor: float | None = None
    ceiling: float | None = None


def measure(rows: Rows) -> dict[str, Expected]:
    """Work out every metric, by name."""
    runs, bugs, parts = rows.runs, rows.bugs, rows.parts
    over = [run for run in runs if run.state != "running"]
    known = [run for run in over if run.outcome != "unknown"]
    unknown = len(over) - len(known)
    infra = [run for run in known if run.outcome == "fail" and run.error_kind == "infra"]
    checked = [r for r in runs if r.state == "finished" and r.claimed == "pass" and r.verified]
    closed = [bug for bug in bugs if bug.run.state != "running"]
    fixed = [bug for bug in bugs if bug.fixed_at]
    fix_times = [fix_time(bug) for bug in bugs]
    broken = [
        run for run in over if any(c.status == "error" for c in run.steps if c is not run.own)
    ]
    tokens = [tokens_of(run, rows) for run in runs]
    costs = [cost_of(run, rows) for run in runs]
    return {
        "pass_rate": _rate(
            known, lambda run: run.outcome == "pass", unknown=unknown, excusable=len(infra)
        ),
        "fix_time_median": _median(bugs),
        "fix_time_mean": _mean(fix_times),
        "fix_time_p95": _quantile(fix_times, Fraction(95, 100)),
        "bugs_found": _sum([bugs_found(run) for run in runs]),
        "bugs_fixed": _sum([bugs_fixed(run) for run in runs]),
        "fix_rate": _rate(closed, lambda bug: bug in fixed),
        "bugs": _count(bugs, lambda _: True),
        "speed_improvement": _speed_up(bugs),
        "first_try_rate": _rate(closed, lambda bug: bug in fixed and bug.attempts == 1),
        "claim_refuted_rate": _rate(checked, lambda run: run.verified == "fail"),
        "recovered_error_rate": _rate(
            broken, lambda run: run.own is not None and run.own.status == "ok"
        ),
        "iterations_per_run": _mean([run.told("iterations") for run in runs]),
        "patches_generated": _sum([patches(run) for run in runs]),
        "runs": _count(runs, lambda _: True),
        "runs_finished": _count(runs, lambda run: run.state == "finished"),
        "runs_running": _count(runs, lambda run: run.state == "running"),
        "runs_abandoned": _count(runs, lambda run: run.state == "abandoned"),
        "run_duration": _mean([duration(run) for run in runs]),
        "deployment_time": _mean([deployment(run) for run in runs]),
        "knowledge_hit_rate": _ratio([knowledge(run) for run in runs]),
        "agent_time": _mean([part.seconds for part in parts]),
        "tokens": _sum(tokens),
        "cost": _sum(costs),
        "cost_per_fixed_bug": _ratio(
            [(cost, bugs_fixed(run)) for cost, run in zip(costs, runs, strict=True)]
        ),
    }


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


def duration(run: Run) -> float | None:
    """Seconds from the start of the run to its end."""
    return seconds(run.own) if run.own else None


def tokens_of(run: Run, rows: Rows) -> int | None:
    """Tokens sent and received, counted where they were used."""
    sent = _add([rows.own[call.id].sent for call in run.steps])
    received = _add([rows.own[call.id].received for call in run.steps])
    return None if sent is None or received is None else sent + received


def cost_of(run: Run, rows: Rows) -> float | None:
    """Cost as reported, counted where it arose."""
    return _add([rows.own[call.id].cost for call in run.steps])


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


def _add(values: Sequence[Any]) -> Any:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _count(rows: Sequence[Any], counts: Callable[[Any], bool]) -> Expected:
    return Expected(value=float(sum(map(counts, rows))), n=len(rows))


def _sum(values: Sequence[float | None]) -> Expected:
    known = [value for value in values if value is not None]
    return Expected(
        value=float(sum(known)) if known else None, n=len(known), missing=len(values) - len(known)
    )


def _mean(values: Sequence[float | None]) -> Expected:
    known = [value for value in values if value is not None]
    value = sum(known) / len(known) if known else None
    return Expected(value=value, n=len(known), missing=len(values) - len(known))


def _ratio(pairs: Sequence[tuple[float | None, float | None]]) -> Expected:
    known = [(y, x) for y, x in pairs if y is not None and x is not None]
    over = sum(x for _, x in known)
    value = sum(y for y, _ in known) / over if over else None
    return Expected(value=value, n=len(known), missing=len(pairs) - len(known))


def _rate(
    among: Sequence[Any],
    hit: Callable[[Any], bool],
    unknown: int = 0,
    excusable: int = 0,
) -> Expected:
    n, hits = len(among), sum(map(hit, among))
    floor = ceiling = None
    if unknown or excusable:
        floor, ceiling = hits / (n + unknown), (hits + unknown + excusable) / (n + unknown)
    value = hits / n if n else None
    return Expected(value=value, n=n, hits=hits, missing=unknown, floor=floor, ceiling=ceiling)


def _quantile(values: Sequence[float | None], share: Fraction) -> Expected:
    known = sorted(value for value in values if value is not None)
    value = None
    if known:
        place = share * (len(known) - 1)
        left = int(place)
        right = min(left + 1, len(known) - 1)
        value = known[left] + (known[right] - known[left]) * float(place - left)
    return Expected(value=value, n=len(known), missing=len(values) - len(known))


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


def kaplan_meier_median(times: Sequence[tuple[float, bool]]) -> float | None:
    """Return the first time at which at most half are still open, in exact fractions."""
    open_share = Fraction(1)
    for moment in sorted({time for time, _ in times}):
        at_risk = sum(time >= moment for time, _ in times)
        events = sum(event for time, event in times if time == moment)
        open_share *= 1 - Fraction(events, at_risk)
        if open_share <= Fraction(1, 2):
            return moment
    return None


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

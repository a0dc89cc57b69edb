"""Every number we show, declared once. To add one, add an entry to METRICS: nothing else."""

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from analytics.errors import UnknownNameError
from analytics.metrics.aggregates import (
    Aggregate,
    Count,
    Mean,
    Quantile,
    Rate,
    Ratio,
    SpeedUp,
    Sum,
    SurvivalMedian,
)
from analytics.schema import STALE_AFTER

STALE_MINUTES = round(STALE_AFTER.total_seconds() / 60)


class Unit(Enum):
    """What a value is measured in."""

    SHARE = "share"
    """0..1, shown as per cent."""
    SECONDS = "seconds"
    USD = "US dollars"
    TOKENS = "tokens"
    COUNT = "count"
    PER_RUN = "per run"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One number: what it says, of which view, and which way is better."""

    name: str
    title: str
    doc: str
    """What is measured, over what, and what is left out. Users read this."""
    view: Literal["runs", "fixes", "agent_runs"]
    of: Aggregate
    unit: Unit
    better: Literal["higher", "lower"] | None
    """None where neither way is, as for totals, which grow with the number of runs: then no change is
    coloured."""
    of_what: str
    """What n counts, in the plural: runs, bugs ..."""


CATALOG = (
    Metric(
        name="pass_rate",
        title="Pass rate",
        doc="Runs that passed, of the runs whose outcome is known. A verified outcome counts before a "
        "claimed one; an abandoned run has failed; a run in progress is left out. The bracket says what "
        "the rate would be if every unknown run had failed, and if every unknown run and every failure of "
        "infrastructure had passed.",
        view="runs",
        of=Rate(hit="passed", among="is_known", unknown="is_unknown", excusable="failed_by_infra"),
        unit=Unit.SHARE,
        better="higher",
        of_what="runs with a known outcome",
    ),
    Metric(
        name="fix_time_median",
        title="Fix time",
        doc="Median time from the first failing test of a bug (without one, from its first diagnosis or "
        "patch) to the test or verification that passed for good. Bugs never fixed count as still open "
        "when their run ended (Kaplan-Meier), so that giving up early does not look fast.",
        view="fixes",
        of=SurvivalMedian(time="observed_s", event="is_fixed"),
        unit=Unit.SECONDS,
        better="lower",
        of_what="bugs",
    ),
    Metric(
        name="fix_time_mean",
        title="Mean fix time of the fixed",
        doc="Mean time from the first failing test to the test or verification that passed for good, of "
        "the bugs that were fixed; the others are left out.",
        view="fixes",
        of=Mean(of="fix_time_s"),
        unit=Unit.SECONDS,
        better="lower",
        of_what="fixed bugs",
    ),
    Metric(
        name="fix_time_p95",
        title="95th percentile of fix time",
        doc="Nineteen of twenty fixed bugs took no longer than this; bugs never fixed are left out.",
        view="fixes",
        of=Quantile(of="fix_time_s", q=0.95),
        unit=Unit.SECONDS,
        better="lower",
        of_what="fixed bugs",
    ),
    Metric(
        name="bugs_found",
        title="Bugs found",
        doc="Bugs that came up in the runs: those that a test or verification failed on, or that were "
        "diagnosed or patched; else as the run itself reported.",
        view="runs",
        of=Sum(of="bugs_found"),
        unit=Unit.COUNT,
        better=None,
        of_what="runs that tell",
    ),
    Metric(
        name="bugs_fixed",
        title="Bugs fixed",
        doc="Bugs whose last test or verification passed, else as the run itself reported.",
        view="runs",
        of=Sum(of="bugs_fixed"),
        unit=Unit.COUNT,
        better=None,
        of_what="runs that tell",
    ),
    Metric(
        name="fix_rate",
        title="Fix rate",
        doc="Bugs fixed, of the bugs found in runs that are over.",
        view="fixes",
        of=Rate(hit="is_fixed", among="is_closed"),
        unit=Unit.SHARE,
        better="higher",
        of_what="bugs",
    ),
    Metric(
        name="bugs",
        title="Bugs",
        doc="Bugs that a test or verification failed on, or that were diagnosed or patched, each counted "
        "once per run.",
        view="fixes",
        of=Count(),
        unit=Unit.COUNT,
        better=None,
        of_what="bugs",
    ),
    Metric(
        name="speed_improvement",
        title="Speed improvement",
        doc="How much shorter the median fix time (Kaplan-Meier) is in the newer half of the bugs than in "
        "the older half, by when their run began; negative where it grew. Needs five fixes in each half.",
        view="fixes",
        of=SpeedUp(time="observed_s", event="is_fixed", order="started_at"),
        unit=Unit.SHARE,
        better="higher",
        of_what="bugs",
    ),
    Metric(
        name="first_try_rate",
        title="First-try rate",
        doc="Bugs that the first patch fixed, of the bugs found in runs that are over.",
        view="fixes",
        of=Rate(hit="first_try", among="is_closed"),
        unit=Unit.SHARE,
        better="higher",
        of_what="bugs",
    ),
    Metric(
        name="claim_refuted_rate",
        title="Claimed but not verified",
        doc="Runs that their acceptance, tests, verifications or scorers refuted, of the finished runs "
        "that claimed success and were checked.",
        view="runs",
        of=Rate(hit="claim_refuted", among="claim_checked"),
        unit=Unit.SHARE,
        better="lower",
        of_what="checked claims",
    ),
    Metric(
        name="recovered_error_rate",
        title="Recovered errors",
        doc="Runs that ended without an error of their own, of the runs that are over and in which a "
        "step raised one.",
        view="runs",
        of=Rate(hit="recovered", among="had_errors"),
        unit=Unit.SHARE,
        better="higher",
        of_what="runs with errors",
    ),
    Metric(
        name="iterations_per_run",
        title="Iterations per run",
        doc="Mean rounds of test, diagnose, patch and verify, as the runs report them; runs that do not "
        "tell are left out.",
        view="runs",
        of=Mean(of="iterations"),
        unit=Unit.PER_RUN,
        better="lower",
        of_what="runs that tell",
    ),
    Metric(
        name="patches_generated",
        title="Patches generated",
        doc="Patches that the runs made, tried or not; a step that raised made none.",
        view="runs",
        of=Sum(of="patches"),
        unit=Unit.COUNT,
        better=None,
        of_what="runs that tell",
    ),
    Metric(
        name="runs",
        title="Runs",
        doc="Runs that began in the period, in whatever state.",
        view="runs",
        of=Count(),
        unit=Unit.COUNT,
        better=None,
        of_what="runs",
    ),
    Metric(
        name="runs_finished",
        title="Finished runs",
        doc="Runs that ended, well or not.",
        view="runs",
        of=Count(where="is_finished"),
        unit=Unit.COUNT,
        better=None,
        of_what="runs",
    ),
    Metric(
        name="runs_running",
        title="Runs in progress",
        doc=f"Runs without an end that gave a sign of life within the stale limit ({STALE_MINUTES} minutes).",
        view="runs",
        of=Count(where="is_running"),
        unit=Unit.COUNT,
        better=None,
        of_what="runs",
    ),
    Metric(
        name="runs_abandoned",
        title="Abandoned runs",
        doc="Runs without an end whose last sign of life is older than the stale limit "
        f"({STALE_MINUTES} minutes): crashed, killed or hung. They count as not passed.",
        view="runs",
        of=Count(where="is_abandoned"),
        unit=Unit.COUNT,
        better=None,
        of_what="runs",
    ),
    Metric(
        name="run_duration",
        title="Run duration",
        doc="Mean time from the start of a run to its end; runs without an end are left out.",
        view="runs",
        of=Mean(of="duration_s"),
        unit=Unit.SECONDS,
        better="lower",
        of_what="finished runs",
    ),
    Metric(
        name="deployment_time",
        title="Deployment time",
        doc="Mean time until the patched system answered, by each run's last deployment; runs that "
        "deployed nothing are left out.",
        view="runs",
        of=Mean(of="deployment_time_s"),
        unit=Unit.SECONDS,
        better="lower",
        of_what="deployments",
    ),
    Metric(
        name="knowledge_hit_rate",
        title="Knowledge-base hits",
        doc="Look-ups in which the knowledge base knew the failure, of all look-ups that tell.",
        view="runs",
        of=Ratio(of="knowledge_hits", over="knowledge_lookups"),
        unit=Unit.SHARE,
        better="higher",
        of_what="runs that asked",
    ),
    Metric(
        name="agent_time",
        title="Time per agent",
        doc="Mean time in which an agent has a step under way, per run in which it takes part; steps at "
        "the same time count once, and the run's own span is left out. Cut it by agent.",
        view="agent_runs",
        of=Mean(of="duration_s"),
        unit=Unit.SECONDS,
        better="lower",
        of_what="agents' parts in runs",
    ),
    Metric(
        name="tokens",
        title="Tokens",
        doc="Tokens sent and received, counted where they were used: what a parent repeats of its "
        "children is not counted twice. Runs that report none are left out.",
        view="runs",
        of=Sum(of="tokens"),
        unit=Unit.TOKENS,
        better=None,
        of_what="runs that tell",
    ),
    Metric(
        name="cost",
        title="Cost",
        doc="Cost as the source reported it, counted where it arose. Runs that report none are left out, "
        "not taken as free.",
        view="runs",
        of=Sum(of="cost_usd"),
        unit=Unit.USD,
        better=None,
        of_what="runs that tell",
    ),
    Metric(
        name="cost_per_fixed_bug",
        title="Cost per fixed bug",
        doc="Cost of all runs that report one, failed runs included, over the bugs that they fixed.",
        view="runs",
        of=Ratio(of="cost_usd", over="bugs_fixed"),
        unit=Unit.USD,
        better="lower",
        of_what="runs that tell",
    ),
)

METRICS = {metric.name: metric for metric in CATALOG}
"""Every metric, by name."""

if len(METRICS) != len(CATALOG) or len({metric.title for metric in CATALOG}) != len(CATALOG):
    raise ValueError("two metrics share a name or a title")


def metric(name: str) -> Metric:
    """Return a metric by name.

    Raises:
        UnknownNameError: there is none of that name; the message says the nearest.
    """
    if name not in METRICS:
        raise UnknownNameError("metric", name, METRICS)
    return METRICS[name]

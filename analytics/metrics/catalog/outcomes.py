"""How runs end: passed, failed, unknown, and how long they took."""

from analytics.metrics.aggregates import Count, Mean, Rate, Ratio
from analytics.metrics.catalog.declare import Metric, Unit
from analytics.schema import STALE_AFTER, STALE_SETTING

_STALE = f"{round(STALE_AFTER.total_seconds() / 60)} minutes, or as {STALE_SETTING} says"

OUTCOMES = (
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
        name="verified_pass_rate",
        title="Verified pass rate",
        doc="The strict rate: runs that a test, a verifier, an acceptance or a report says passed, "
        "of all runs that are over. What nobody checked counts as not passed.",
        view="runs",
        of=Rate(hit="verified_pass", among="is_over"),
        unit=Unit.SHARE,
        better="higher",
        of_what="runs that are over",
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
        name="unknown_rate",
        title="Unknown outcomes",
        doc="Runs of which neither a check nor the agent itself says how they ended, of all runs "
        "that are over.",
        view="runs",
        of=Rate(hit="is_unknown", among="is_over"),
        unit=Unit.SHARE,
        better="lower",
        of_what="runs that are over",
    ),
    Metric(
        name="infra_failure_rate",
        title="Failures of infrastructure",
        doc="Runs that failed for a reason outside the agent (connection, rate limit, machine), of "
        "all runs that are over.",
        view="runs",
        of=Rate(hit="failed_by_infra", among="is_over"),
        unit=Unit.SHARE,
        better="lower",
        of_what="runs that are over",
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
        name="first_time_right_rate",
        title="First time right",
        doc="Runs whose first attempt held: as they report it, else by their first pipeline, else "
        "every bug fixed by its first patch; of the runs that tell.",
        view="runs",
        of=Rate(hit="was_first_time_right", among="tells_first_time"),
        unit=Unit.SHARE,
        better="higher",
        of_what="runs that tell",
    ),
    Metric(
        name="test_pass_rate",
        title="Tests passed",
        doc="Tests that passed in the last test run of each run, of the tests that ran then.",
        view="runs",
        of=Ratio(of="tests_passed", over="tests_total"),
        unit=Unit.SHARE,
        better="higher",
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
        doc=f"Runs without an end that gave a sign of life within the stale limit ({_STALE}).",
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
        f"({_STALE}): crashed, killed or hung. They count as not passed.",
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
        name="errors_per_run",
        title="Errors per run",
        doc="Mean number of steps that raised an error, recovered or not, per run that is over.",
        view="runs",
        of=Mean(of="over_errors_count"),
        unit=Unit.PER_RUN,
        better="lower",
        of_what="runs that are over",
    ),
    Metric(
        name="retries_per_run",
        title="Retries per run",
        doc="Mean number of times that agents tried again, per run that tells.",
        view="runs",
        of=Mean(of="retries"),
        unit=Unit.PER_RUN,
        better="lower",
        of_what="runs that tell",
    ),
    Metric(
        name="turns_per_run",
        title="Turns per run",
        doc="Mean number of turns of the conversation, as the runs report them; runs that do not "
        "tell are left out.",
        view="runs",
        of=Mean(of="turns"),
        unit=Unit.PER_RUN,
        better="lower",
        of_what="runs that tell",
    ),
    Metric(
        name="complexity",
        title="Task complexity",
        doc="Mean score of how hard the tasks are, as the source scores them; runs that do not tell "
        "are left out.",
        view="runs",
        of=Mean(of="complexity"),
        unit=Unit.SCORE,
        better=None,
        of_what="runs that tell",
    ),
)

-- One row per run: what metrics ask of view runs.
CREATE TEMPORARY TABLE runs AS
SELECT
    'weave' AS source,
    {project:String} AS project,
    ifNull(task, run_id) AS unit_id,
    toDate(fromUnixTimestamp64Micro(started_us, 'UTC'), 'UTC') AS day,
    state = 'running' AS is_running,
    state = 'finished' AS is_finished,
    state = 'abandoned' AS is_abandoned,
    NOT is_running AS is_over,
    is_over AND outcome <> 'unknown' AS is_known,
    outcome = 'pass' AS passed,
    is_over AND outcome = 'unknown' AS is_unknown,
    is_over AND outcome = 'fail' AS failed,
    failed AND ifNull(error_kind = 'infra', false) AS failed_by_infra,
    is_over AND passed AND ifNull(outcome_verified = 'pass', false) AS verified_pass,
    is_finished AND ifNull(outcome_claimed = 'pass', false) AND outcome_verified IS NOT NULL AS claim_checked,
    claim_checked AND ifNull(outcome_verified = 'fail', false) AS claim_refuted,
    is_over AND errors_count > 0 AS had_errors,
    is_finished AND errors_count > 0 AND status = 'ok' AS recovered,
    multiIf(is_over AND passed, 1, failed, 0, NULL) AS solved_count,
    -- A sum that lacks a part is no cost of the whole.
    if(ifNull(unpriced_tokens, 0) = 0, cost_usd, NULL) AS whole_cost_usd,
    if(is_over, errors_count, NULL) AS over_errors_count,
    is_over AND first_time_right IS NOT NULL AS tells_first_time,
    is_over AND ifNull(first_time_right, false) AS was_first_time_right,
    pipelines_passed + pipelines_failed AS pipelines_judged,
    *
FROM known_runs

-- One row per run, with its state and outcome as of the clock, and the number by which its rollups know it.
CREATE OR REPLACE VIEW derived_runs AS
WITH dated AS (
    SELECT
        runs.* EXCLUDE (
            outcome_verified, commits, files_created, files_modified, files_deleted, lines_added,
            lines_removed, coverage
        ),
        CASE
            -- A partial export may say how a run ended, not when.
            WHEN runs.ended_at IS NOT NULL OR runs.status <> 'running' THEN 'finished'
            WHEN runs.last_seen_at < clock.now - to_seconds(clock.stale_after_s) THEN 'abandoned'
            ELSE 'running'
        END AS state,
        runs.outcome_verified AS outcome_checked,
        reported.outcome AS outcome_reported,
        reported.kind AS reported_by,
        -- Whoever reports afterwards has seen more than the trace: merged, or not.
        coalesce(reported.outcome, runs.outcome_verified) AS outcome_verified,
        -- The trace knows its own patches; the repository, what became of them.
        coalesce(code.commits, runs.commits) AS commits,
        coalesce(code.files_created, runs.files_created) AS files_created,
        coalesce(code.files_modified, runs.files_modified) AS files_modified,
        coalesce(code.files_deleted, runs.files_deleted) AS files_deleted,
        coalesce(code.lines_added, runs.lines_added) AS lines_added,
        coalesce(code.lines_removed, runs.lines_removed) AS lines_removed,
        coalesce(code.coverage, runs.coverage) AS coverage
    FROM brought.runs AS runs
    CROSS JOIN clock
    LEFT JOIN rollup.reported AS reported ON reported.source = runs.source AND reported.run_id = runs.run_id
    LEFT JOIN brought.code_reports AS code ON code.source = runs.source AND code.run_id = runs.run_id
),
judged AS (
    SELECT
        *,
        CASE
            WHEN state = 'running' THEN 'unknown'
            WHEN state = 'abandoned' THEN coalesce(outcome_reported, 'fail')
            ELSE coalesce(outcome_verified, outcome_claimed, 'unknown')
        END AS outcome
    FROM dated
)
SELECT
    nextval('run_numbers') AS run_no,
    *,
    date_trunc('day', started_at)::DATE AS day,
    coalesce(task, run_id) AS unit_id,
    state = 'running' AS is_running,
    state = 'finished' AS is_finished,
    state = 'abandoned' AS is_abandoned,
    state <> 'running' AND outcome <> 'unknown' AS is_known,
    outcome = 'pass' AS passed,
    state <> 'running' AND outcome = 'unknown' AS is_unknown,
    state <> 'running' AND outcome = 'fail' AS failed,
    state <> 'running' AND outcome = 'fail' AND coalesce(error_kind = 'infra', false) AS failed_by_infra,
    state <> 'running' AND outcome_verified IS NOT NULL AS is_verified,
    state <> 'running' AND outcome = 'pass' AND coalesce(outcome_verified = 'pass', false) AS verified_pass,
    state <> 'running' AS is_over,
    state = 'finished' AND outcome_claimed = 'pass' AND outcome_verified IS NOT NULL AS claim_checked,
    state = 'finished' AND outcome_claimed = 'pass' AND coalesce(outcome_verified = 'fail', false) AS claim_refuted,
    state <> 'running' AND errors_count > 0 AS had_errors,
    state = 'finished' AND errors_count > 0 AND status = 'ok' AS recovered,
    TRY_CAST(input_tokens::HUGEINT + output_tokens AS BIGINT) AS tokens,
    CASE WHEN outcome = 'pass' AND state <> 'running' THEN 1 WHEN state <> 'running' AND outcome = 'fail' THEN 0 END
        AS solved_count,
    -- A sum that lacks a part is no cost of the whole.
    CASE WHEN coalesce(unpriced_tokens, 0) = 0 THEN cost_usd END AS whole_cost_usd,
    CASE WHEN state <> 'running' THEN errors_count END AS over_errors_count,
    state <> 'running' AND first_time_right IS NOT NULL AS tells_first_time,
    state <> 'running' AND coalesce(first_time_right, false) AS was_first_time_right,
    pipelines_passed + pipelines_failed AS pipelines_judged
FROM judged;

CREATE OR REPLACE TABLE rollup.runs AS FROM derived_runs;

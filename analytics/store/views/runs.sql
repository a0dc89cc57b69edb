-- One row per run, with its state and outcome as of the clock.
CREATE OR REPLACE VIEW runs AS
WITH dated AS (
    SELECT
        runs.*,
        CASE
            -- A partial export may say how a run ended, not when.
            WHEN runs.ended_at IS NOT NULL OR runs.status <> 'running' THEN 'finished'
            WHEN runs.last_seen_at < clock.now - to_seconds(clock.stale_after_s) THEN 'abandoned'
            ELSE 'running'
        END AS state
    FROM rollup.runs AS runs, clock
),
judged AS (
    SELECT
        *,
        CASE state
            WHEN 'running' THEN 'unknown'
            WHEN 'abandoned' THEN 'fail'
            ELSE coalesce(outcome_verified, outcome_claimed, 'unknown')
        END AS outcome
    FROM dated
)
SELECT
    *,
    date_trunc('day', started_at)::DATE AS day,
    coalesce(task, run_id) AS unit_id,
    state = 'running' AS is_running,
    state = 'finished' AS is_finished,
    state = 'abandoned' AS is_abandoned,
    state <> 'running' AND outcome <> 'unknown' AS is_known,
    outcome = 'pass' AS passed,
    state <> 'running' AND outcome = 'unknown' AS is_unknown,
    state <> 'running' AND outcome = 'fail' AND coalesce(error_kind = 'infra', false) AS failed_by_infra,
    state = 'finished' AND outcome_claimed = 'pass' AND outcome_verified IS NOT NULL AS claim_checked,
    state = 'finished' AND outcome_claimed = 'pass' AND coalesce(outcome_verified = 'fail', false) AS claim_refuted,
    state <> 'running' AND errors_count > 0 AS had_errors,
    state = 'finished' AND errors_count > 0 AND status = 'ok' AS recovered,
    TRY_CAST(input_tokens::HUGEINT + output_tokens AS BIGINT) AS tokens
FROM judged;

-- One row per thing about one run that is said in two ways, by its records or by a report.
CREATE OR REPLACE VIEW conflicts AS
WITH said AS (
    SELECT runs.source, runs.run_id, told.kind, told.one_says, told.other_says
    FROM rollup.conflicts AS told
    JOIN rollup.runs AS runs ON runs.run_no = told.run_no
    UNION ALL
    SELECT
        runs.source,
        runs.run_id,
        'report, against the agent' AS kind,
        'the agent: ' || runs.outcome_claimed AS one_says,
        reported.kind || ' (' || reported.origin || '): ' || reported.outcome AS other_says
    FROM rollup.runs AS runs
    JOIN rollup.reported AS reported ON reported.source = runs.source AND reported.run_id = runs.run_id
    WHERE runs.outcome_claimed <> reported.outcome
    UNION ALL
    SELECT
        runs.source,
        runs.run_id,
        'report, against its checks' AS kind,
        'its checks: ' || runs.outcome_checked AS one_says,
        reported.kind || ' (' || reported.origin || '): ' || reported.outcome AS other_says
    FROM rollup.runs AS runs
    JOIN rollup.reported AS reported ON reported.source = runs.source AND reported.run_id = runs.run_id
    WHERE runs.outcome_checked <> reported.outcome
    UNION ALL
    SELECT
        runs.source,
        runs.run_id,
        'agent failed, report passed' AS kind,
        string_agg(parts.agent || ': failed ' || parts.errors_count || ' of ' || parts.calls_count, ', ' ORDER BY parts.agent) AS one_says,
        any_value(reported.kind || ' (' || reported.origin || '): pass') AS other_says
    FROM rollup.runs AS runs
    JOIN rollup.reported AS reported ON reported.source = runs.source AND reported.run_id = runs.run_id AND reported.outcome = 'pass'
    JOIN rollup.agent_runs AS parts
        ON parts.run_no = runs.run_no AND parts.errors_count >= parts.calls_count
    GROUP BY runs.source, runs.run_id
)
SELECT
    said.*,
    runs.trace_id,
    runs.task,
    runs.agent,
    runs.variant,
    runs.model,
    runs.project,
    runs.outcome,
    runs.state,
    runs.started_at,
    runs.day
FROM said
JOIN runs ON runs.source = said.source AND runs.run_id = said.run_id;

-- One row: how many pipelines and debugging cycles the chosen runs recorded, and how they ended.
WITH tested AS (
    SELECT count(*) AS pipelines, count(*) FILTER (passed) AS pipelines_passed, count(*) FILTER (NOT passed) AS pipelines_failed
    FROM pipelines
    SEMI JOIN chosen_runs USING (source, run_id)
),
debugged AS (
    SELECT count(*) AS cycles, count(*) FILTER (resolved) AS cycles_resolved, count(resolved) AS cycles_judged
    FROM debugging_cycles
    SEMI JOIN chosen_runs USING (source, run_id)
)
SELECT * FROM tested CROSS JOIN debugged;

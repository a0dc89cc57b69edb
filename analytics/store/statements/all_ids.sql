-- Every trace of the store, and how many calls it has: what a rebuild touches.
CREATE OR REPLACE TEMP TABLE all_touched AS
SELECT source, trace_id, sum(calls_count) AS calls_count
FROM (
    SELECT source, trace_id, count(*) AS calls_count FROM lake.spans GROUP BY source, trace_id
    UNION ALL
    SELECT DISTINCT source, trace_id, 1 AS calls_count FROM lake.runs
)
GROUP BY source, trace_id;

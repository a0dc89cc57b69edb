-- Every trace of the store, and how many calls it has: what a rebuild touches.
CREATE OR REPLACE TEMP TABLE all_touched AS
SELECT source, trace_id, count(*) AS calls_count
FROM lake.spans
GROUP BY source, trace_id;

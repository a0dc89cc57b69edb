-- The touched traces of which the store has rollups: a trace's are written together, and runs and series tell of all.
CREATE OR REPLACE TEMP TABLE known_traces AS
SELECT source, trace_id
FROM touched
SEMI JOIN (
    SELECT source, trace_id FROM lake.runs
    UNION ALL
    SELECT source, trace_id FROM lake.batches
) AS kept USING (source, trace_id);

-- Every trace of the store: what a rebuild touches.
CREATE OR REPLACE TEMP TABLE all_touched AS
SELECT DISTINCT source, trace_id FROM lake.spans
UNION
SELECT DISTINCT source, trace_id FROM lake.runs;

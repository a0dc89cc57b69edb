-- Every touched trace with the number of its slice. Slices are ranges of ids: most systems make ids that grow with
-- time, so that the calls of a slice stand together and all else is skipped unread.
CREATE OR REPLACE TEMP TABLE all_sliced AS
SELECT
    source,
    trace_id,
    ((sum(calls_count) OVER (ORDER BY trace_id, source ROWS UNBOUNDED PRECEDING) - 1)
        // getvariable('calls_at_once'))::BIGINT AS slice
FROM all_touched;

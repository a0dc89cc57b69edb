-- The newest traces of one part, to be worked out again. A run without calls is one of its trace's.
CREATE OR REPLACE TEMP TABLE touched AS
SELECT source, trace_id
FROM (
    SELECT source, trace_id, max(started_at) AS started_at FROM lake.spans GROUP BY source, trace_id
    UNION ALL
    SELECT source, trace_id, max(last_seen_at) FROM lake.runs AS runs
    ANTI JOIN lake.spans USING (source, trace_id)
    GROUP BY source, trace_id
)
WHERE hash(source, trace_id) % $parts = $part
ORDER BY started_at DESC
LIMIT $traces;

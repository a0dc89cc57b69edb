-- The traces that a retention lets go: none of their runs is among the newest ones, nor young enough. A
-- trace goes as a whole. One without any run goes by its age alone.
CREATE OR REPLACE TEMP TABLE doomed AS
WITH ranked AS (
    SELECT
        source,
        trace_id,
        last_seen_at,
        row_number() OVER (ORDER BY started_at DESC, source, run_id DESC) AS place
    FROM lake.runs
),
kept AS (
    SELECT DISTINCT source, trace_id
    FROM ranked
    WHERE coalesce(place <= getvariable('keep_runs')::BIGINT, false)
        OR coalesce(last_seen_at >= getvariable('keep_since')::TIMESTAMP, false)
),
held AS (
    SELECT
        spans.source,
        spans.trace_id,
        count(*) AS calls_count,
        max(greatest(spans.started_at, coalesce(spans.ended_at, spans.started_at))) AS last_seen_at
    FROM lake.spans AS spans
    GROUP BY spans.source, spans.trace_id
),
counted AS (
    SELECT source, trace_id, count(*) AS runs_count FROM lake.runs GROUP BY source, trace_id
)
SELECT held.source, held.trace_id, held.calls_count, coalesce(counted.runs_count, 0) AS runs_count
FROM held
ANTI JOIN kept ON kept.source = held.source AND kept.trace_id = held.trace_id
LEFT JOIN counted ON counted.source = held.source AND counted.trace_id = held.trace_id
WHERE counted.runs_count IS NOT NULL
    OR coalesce(held.last_seen_at < getvariable('keep_since')::TIMESTAMP, false);

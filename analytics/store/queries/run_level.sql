-- One row per call below some calls, the first few of each, oldest first: how many stand beside it, and how
-- many below. Below '' stands the run's own call, and what lost its parent (see run_tree.sql).
WITH opened AS (
    SELECT unnest($parents::VARCHAR[]) AS above_id, unnest($most::BIGINT[]) AS most
),
own AS MATERIALIZED (
    SELECT span_id, parent_id, started_at
    FROM lake.spans
    WHERE source = $source AND trace_id = $trace_id
),
lost AS (
    SELECT own.span_id
    FROM own
    ANTI JOIN own AS above ON above.span_id = own.parent_id
    WHERE
        own.parent_id IS NOT NULL
        AND (SELECT count(*) FROM runs WHERE source = $source AND trace_id = $trace_id) = 1
),
placed AS (
    SELECT
        own.span_id,
        own.started_at,
        CASE
            WHEN own.span_id = $run_id OR own.span_id IN (SELECT span_id FROM lost) THEN ''
            ELSE own.parent_id
        END AS above_id
    FROM own
),
ranked AS (
    SELECT
        placed.span_id,
        placed.above_id,
        opened.most,
        row_number() OVER siblings AS position,
        count(*) OVER (PARTITION BY placed.above_id) AS siblings_count
    FROM placed
    JOIN opened USING (above_id)
    WINDOW siblings AS (
        PARTITION BY placed.above_id
        ORDER BY placed.span_id <> $run_id, placed.started_at, placed.span_id
    )
),
shown AS (
    SELECT * FROM ranked WHERE position <= most
),
below AS (
    SELECT above_id, count(*) AS n
    FROM placed
    WHERE above_id IN (SELECT span_id FROM shown)
    GROUP BY above_id
)
SELECT
    spans.span_id,
    shown.above_id,
    shown.position,
    shown.siblings_count,
    coalesce(below.n, 0) AS children_count,
    spans.op,
    spans.display_name,
    spans.kind,
    spans.agent,
    spans.started_at,
    spans.duration_s,
    spans.status,
    spans.error_type,
    spans.error_message,
    spans.input_tokens,
    spans.output_tokens
FROM lake.spans AS spans
JOIN shown USING (span_id)
LEFT JOIN below ON below.above_id = spans.span_id
WHERE spans.source = $source AND spans.trace_id = $trace_id
ORDER BY shown.above_id, shown.position;

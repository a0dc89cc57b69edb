-- The same totals from the store's own spans, and from what its imports said they brought.
-- Tokens count at the lowest span that carries them: above, they are repeated.
WITH carried AS (
    SELECT source, trace_id, span_id, parent_id, input_tokens, output_tokens
    FROM lake.spans
    WHERE input_tokens IS NOT NULL
),
lowest AS (
    SELECT carried.*
    FROM carried
    ANTI JOIN carried AS below
        ON below.source = carried.source
        AND below.trace_id = carried.trace_id
        AND below.parent_id = carried.span_id
)
SELECT
    (SELECT count(*) FROM lake.spans) AS spans,
    (SELECT sum(new_count) FROM lake.imports) AS imported,
    (SELECT sum(input_tokens) FROM lowest) AS input_tokens,
    (SELECT sum(output_tokens) FROM lowest) AS output_tokens;

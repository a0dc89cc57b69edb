-- One read: what the first cards of a page are made of.
SELECT
    count(*) AS runs,
    count(*) FILTER (WHERE passed) AS passed,
    sum(spans_count) AS spans,
    sum(input_tokens) AS input_tokens,
    sum(output_tokens) AS output_tokens,
    median(duration_s) AS median_s
FROM runs;

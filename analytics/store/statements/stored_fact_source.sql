-- As fact_source, for everything that is stored: what a change of semantics reads again.
CREATE OR REPLACE TEMP VIEW fact_source AS
SELECT
    spans.source,
    spans.span_id,
    spans.trace_id,
    coalesce(spans.preset, 'generic') AS preset,
    coalesce(spans.role, 'run') AS role,
    payloads.inputs,
    payloads.output,
    payloads.attributes
FROM lake.spans AS spans
JOIN lake.payloads AS payloads
    ON payloads.source = spans.source AND payloads.span_id = spans.span_id
WHERE spans.role IS NOT NULL
    OR (spans.preset IS NULL AND spans.parent_id IS NULL AND getvariable('roots_are_runs')::BOOLEAN);

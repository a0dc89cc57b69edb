-- One row per span of table wanted that has a role, or could be a run of its own: its payloads.
CREATE OR REPLACE TEMP VIEW fact_source AS
SELECT
    spans.source,
    spans.span_id,
    spans.trace_id,
    coalesce(spans.preset, 'generic') AS preset,
    coalesce(spans.role, 'run') AS role,
    calls.inputs,
    calls.output,
    calls.attributes
FROM batch AS spans
JOIN calls ON calls.filename = spans.staged_file AND calls.file_row_number = spans.staged_row
SEMI JOIN written ON written.source = spans.source AND written.span_id = spans.span_id
WHERE spans.role IS NOT NULL
    OR (spans.preset IS NULL AND spans.parent_id IS NULL AND getvariable('roots_are_runs')::BOOLEAN);

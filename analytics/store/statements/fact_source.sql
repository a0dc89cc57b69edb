-- One row per call coming in that has a role, or could be a run of its own: its payloads.
CREATE OR REPLACE TEMP VIEW fact_source AS
SELECT
    source,
    span_id,
    trace_id,
    coalesce(preset, 'generic') AS preset,
    coalesce(role, 'run') AS role,
    inputs,
    output,
    attributes
FROM incoming
WHERE role IS NOT NULL
    OR (preset IS NULL AND parent_id IS NULL AND getvariable('roots_are_runs')::BOOLEAN);

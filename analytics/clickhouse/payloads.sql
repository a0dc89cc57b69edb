-- One row per call of one preset that has a role, or could be a run of its own: its payloads.
SELECT
    roles.span_id AS span_id,
    roles.role AS role,
    calls.inputs_dump AS inputs,
    calls.output_dump AS output,
    attributes_of(calls.otel_dump, calls.attributes_dump) AS attributes
FROM (
    SELECT *
    FROM {calls:Identifier} FINAL
    WHERE project_id = {project:String}
) AS calls
INNER JOIN (
    SELECT span_id, started_us, ifNull(role, 'run') AS role
    FROM spans
    WHERE kept_in = {calls:String}
        AND ifNull(preset, 'generic') = {preset:String}
        AND (role IS NOT NULL OR (preset IS NULL AND parent_id IS NULL AND {roots_are_runs:Bool}))
) AS roles
    ON roles.span_id = calls.id AND roles.started_us = toUnixTimestamp64Micro(calls.started_at)

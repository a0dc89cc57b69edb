-- One row per field of a finished call that this import changes. Progress of a running call is no revision.
CREATE OR REPLACE TEMP TABLE new_revisions AS
WITH revised AS (
    SELECT source, span_id, trace_id FROM changes WHERE state = 'changed' AND was_finished
),
before AS (
    SELECT spans.*, payloads.inputs, payloads.output, payloads.attributes
    FROM lake.spans AS spans
    SEMI JOIN revised ON revised.source = spans.source AND revised.span_id = spans.span_id
    LEFT JOIN lake.payloads AS payloads
        ON payloads.source = spans.source AND payloads.span_id = spans.span_id
),
after AS (
    SELECT batch.*, calls.inputs, calls.output, calls.attributes
    FROM batch
    SEMI JOIN revised ON revised.source = batch.source AND revised.span_id = batch.span_id
    JOIN calls ON calls.filename = batch.staged_file AND calls.file_row_number = batch.staged_row
),
compared AS (
    SELECT
        before.source,
        before.span_id,
        before.trace_id,
        unnest([
            {'field': 'trace_id', 'old_value': before.trace_id, 'new_value': after.trace_id},
            {'field': 'parent_id', 'old_value': before.parent_id, 'new_value': after.parent_id},
            {'field': 'project', 'old_value': before.project, 'new_value': after.project},
            {'field': 'op', 'old_value': before.op, 'new_value': after.op},
            {'field': 'op_version', 'old_value': before.op_version, 'new_value': after.op_version},
            {'field': 'display_name', 'old_value': before.display_name, 'new_value': after.display_name},
            {'field': 'started_at', 'old_value': before.started_at::VARCHAR, 'new_value': after.started_at::VARCHAR},
            {'field': 'ended_at', 'old_value': before.ended_at::VARCHAR, 'new_value': after.ended_at::VARCHAR},
            {'field': 'status', 'old_value': before.status, 'new_value': after.status},
            {'field': 'error_type', 'old_value': before.error_type, 'new_value': after.error_type},
            {'field': 'error_message', 'old_value': before.error_message, 'new_value': after.error_message},
            {'field': 'model', 'old_value': before.model, 'new_value': after.model},
            {'field': 'input_tokens', 'old_value': before.input_tokens::VARCHAR, 'new_value': after.input_tokens::VARCHAR},
            {'field': 'output_tokens', 'old_value': before.output_tokens::VARCHAR, 'new_value': after.output_tokens::VARCHAR},
            {'field': 'cost_usd', 'old_value': before.cost_usd::VARCHAR, 'new_value': after.cost_usd::VARCHAR},
            {'field': 'inputs', 'old_value': before.inputs, 'new_value': after.inputs},
            {'field': 'output', 'old_value': before.output, 'new_value': after.output},
            {'field': 'attributes', 'old_value': before.attributes, 'new_value': after.attributes}
        ], recursive := true)
    FROM before
    JOIN after ON after.source = before.source AND after.span_id = before.span_id
)
SELECT source, span_id, trace_id, getvariable('import_id')::BIGINT AS import_id, field, old_value, new_value
FROM compared
WHERE old_value IS DISTINCT FROM new_value;

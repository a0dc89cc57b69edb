-- Of a finished call, each changed field is kept as a revision, before its former state leaves the store (see
-- drop_replaced). Progress of a running call is no revision.
CREATE OR REPLACE TEMP TABLE replaced AS
SELECT source, span_id, trace_id, was_finished FROM compared WHERE state = 'changed';

INSERT INTO lake.revisions BY NAME
WITH before AS (
    SELECT spans.*, payloads.inputs, payloads.output, payloads.attributes
    FROM lake.spans AS spans
    SEMI JOIN replaced
        ON replaced.source = spans.source AND replaced.span_id = spans.span_id AND replaced.was_finished
    LEFT JOIN lake.payloads AS payloads
        ON payloads.source = spans.source AND payloads.span_id = spans.span_id
),
fields AS (
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
            {'field': 'agent', 'old_value': before.source_agent, 'new_value': after.source_agent},
            {'field': 'tool', 'old_value': before.source_tool, 'new_value': after.source_tool},
            {'field': 'provider', 'old_value': before.provider, 'new_value': after.provider},
            {'field': 'model', 'old_value': before.model, 'new_value': after.model},
            {'field': 'input_tokens', 'old_value': before.input_tokens::VARCHAR, 'new_value': after.input_tokens::VARCHAR},
            {'field': 'output_tokens', 'old_value': before.output_tokens::VARCHAR, 'new_value': after.output_tokens::VARCHAR},
            {'field': 'cache_read_tokens', 'old_value': before.cache_read_tokens::VARCHAR, 'new_value': after.cache_read_tokens::VARCHAR},
            {'field': 'cache_write_tokens', 'old_value': before.cache_write_tokens::VARCHAR, 'new_value': after.cache_write_tokens::VARCHAR},
            {'field': 'cache_write_1h_tokens', 'old_value': before.cache_write_1h_tokens::VARCHAR, 'new_value': after.cache_write_1h_tokens::VARCHAR},
            {'field': 'reasoning_tokens', 'old_value': before.reasoning_tokens::VARCHAR, 'new_value': after.reasoning_tokens::VARCHAR},
            {'field': 'cost_usd', 'old_value': before.cost_usd::VARCHAR, 'new_value': after.cost_usd::VARCHAR},
            {'field': 'inputs', 'old_value': before.inputs, 'new_value': after.inputs},
            {'field': 'output', 'old_value': before.output, 'new_value': after.output},
            {'field': 'attributes', 'old_value': before.attributes, 'new_value': after.attributes}
        ], recursive := true)
    FROM before
    JOIN incoming AS after ON after.source = before.source AND after.span_id = before.span_id
)
SELECT source, span_id, trace_id, getvariable('import_id')::BIGINT AS import_id, field, old_value, new_value
FROM fields
WHERE old_value IS DISTINCT FROM new_value;

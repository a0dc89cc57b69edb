-- One row per staged call with what the presets say of its op: the columns of spans and the payloads.
CREATE OR REPLACE TEMP VIEW meant AS
SELECT
    calls.source, calls.span_id, calls.trace_id, calls.parent_id, calls.project, calls.thread_id,
    calls.op, calls.op_version, calls.display_name, calls.started_at, calls.ended_at, calls.status,
    calls.error_type, calls.error_message, calls.provider, calls.model, calls.input_tokens,
    calls.output_tokens, calls.cache_read_tokens, calls.cache_write_tokens,
    calls.cache_write_1h_tokens, calls.reasoning_tokens, calls.cost_usd,
    calls.detail,
    coalesce(meanings.kind, calls.kind, 'other') AS kind,
    calls.kind AS source_kind,
    calls.agent AS source_agent,
    calls.tool AS source_tool,
    meanings.preset,
    meanings.role,
    coalesce(calls.agent, meanings.agent) AS agent,
    CASE WHEN coalesce(meanings.kind, calls.kind) = 'tool'
        THEN coalesce(calls.tool, meanings.tool, calls.op) END AS tool,
    CASE WHEN calls.ended_at >= calls.started_at
        THEN (epoch_us(calls.ended_at) - epoch_us(calls.started_at)) / 1e6 END AS duration_s,
    -- Columns that came later count only where they say something: what was stored before them stays equal.
    xor(CASE WHEN coalesce(
        calls.cache_write_1h_tokens::VARCHAR, calls.reasoning_tokens::VARCHAR, calls.agent, calls.tool
    ) IS NULL THEN 0::UBIGINT ELSE hash(
        calls.cache_write_1h_tokens, calls.reasoning_tokens, calls.agent, calls.tool
    ) END, hash(
        calls.trace_id, calls.parent_id, calls.project, calls.thread_id, calls.op, calls.op_version,
        calls.display_name, calls.started_at, calls.ended_at, calls.status, calls.error_type,
        calls.error_message, calls.provider, calls.model, calls.input_tokens, calls.output_tokens,
        calls.cache_read_tokens, calls.cache_write_tokens, calls.cost_usd, calls.inputs, calls.output,
        calls.attributes, calls.feedback
    )) AS content_hash,
    getvariable('import_id')::BIGINT AS import_id,
    calls.inputs,
    calls.output,
    calls.attributes,
    calls.feedback,
    calls.filename AS staged_file,
    calls.file_row_number AS staged_row
FROM calls
LEFT JOIN meanings ON meanings.op = calls.op;

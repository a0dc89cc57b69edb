-- One row per raw Weave call (relation `raw`, every JSON value as text): the columns of
-- schema.CALLS but for detail.
WITH parts AS (
    SELECT
        *,
        json_extract(summary, ['$.usage', '$.weave.costs', '$.weave.feedback']) AS told,
        json_extract_string(attributes, [
            '$.weave.kind',
            '$.otel_span.attributes.gen_ai.operation.name',
            '$.otel_span.attributes.gen_ai.provider.name',
            '$.otel_span.attributes.gen_ai.system',
            '$.otel_span.attributes.gen_ai.agent.name',
            '$.otel_span.attributes.gen_ai.tool.name'
        ]) AS said,
        CASE WHEN op_name LIKE 'weave%:///%/op/%'
            THEN substr(op_name, strpos(op_name, '/op/') + 4) END AS op_ref
    FROM raw
),

-- A model that nobody named comes as the key "usage" with nothing in it.
per_model AS (
    SELECT
        *,
        CASE WHEN told[1] IS NOT NULL THEN map_entries(json_transform(told[1],
            '"MAP(VARCHAR, STRUCT('
            'prompt_tokens BIGINT, input_tokens BIGINT, '
            'completion_tokens BIGINT, output_tokens BIGINT, total_tokens BIGINT, '
            'cache_read_input_tokens BIGINT, cache_creation_input_tokens BIGINT, '
            'cache_creation STRUCT(ephemeral_1h_input_tokens BIGINT), '
            'prompt_tokens_details STRUCT(cached_tokens BIGINT), '
            'input_tokens_details STRUCT(cached_tokens BIGINT), '
            'completion_tokens_details STRUCT(reasoning_tokens BIGINT), '
            'output_tokens_details STRUCT(reasoning_tokens BIGINT)))"'
        )) END.list_filter(lambda entry: entry.key <> 'usage') AS usage,
        CASE WHEN told[2] IS NOT NULL THEN map_entries(json_transform(told[2],
            '"MAP(VARCHAR, STRUCT('
            'prompt_tokens_total_cost DOUBLE, completion_tokens_total_cost DOUBLE, '
            'cache_read_input_tokens_total_cost DOUBLE, '
            'cache_creation_input_tokens_total_cost DOUBLE, provider_id VARCHAR))"'
        )) END AS costs,
        CASE WHEN starts_with(exception, '{') AND json_valid(exception) THEN exception END AS raised
    FROM parts
),

-- Input includes what came from a cache. Providers that count it apart (no details, no total that
-- says otherwise) get it added.
counted AS (
    SELECT
        *,
        list_transform(usage, lambda entry: struct_pack(
            sent := coalesce(entry.value.prompt_tokens, entry.value.input_tokens),
            received := coalesce(entry.value.completion_tokens, entry.value.output_tokens),
            cache_read := coalesce(
                entry.value.cache_read_input_tokens,
                entry.value.prompt_tokens_details.cached_tokens,
                entry.value.input_tokens_details.cached_tokens
            ),
            cache_write := entry.value.cache_creation_input_tokens,
            kept_1h := entry.value.cache_creation.ephemeral_1h_input_tokens,
            thought := coalesce(
                entry.value.completion_tokens_details.reasoning_tokens,
                entry.value.output_tokens_details.reasoning_tokens
            ),
            apart := entry.value.prompt_tokens IS NULL
                AND entry.value.prompt_tokens_details IS NULL
                AND entry.value.input_tokens_details IS NULL
                AND NOT coalesce(entry.value.total_tokens =
                    entry.value.input_tokens::HUGEINT + coalesce(entry.value.output_tokens, 0), false)
        )) AS tokens,
        list_transform(costs, lambda entry:
            entry.value.prompt_tokens_total_cost
            + entry.value.completion_tokens_total_cost
            + coalesce(entry.value.cache_read_input_tokens_total_cost, 0)
            + coalesce(entry.value.cache_creation_input_tokens_total_cost, 0)
        ) AS model_costs
    FROM per_model
)

SELECT
    'weave' AS source,
    id AS span_id,
    trace_id,
    parent_id,
    coalesce(
        project_id,
        CASE WHEN op_ref IS NOT NULL
            THEN split_part(op_name, '/', 4) || '/' || split_part(op_name, '/', 5) END
    ) AS project,
    thread_id,
    CASE WHEN contains(op_ref, ':')
        THEN op_ref[:-2 - length(string_split(op_ref, ':')[-1])]
        ELSE coalesce(op_ref, op_name) END AS op,
    CASE WHEN contains(op_ref, ':') THEN string_split(op_ref, ':')[-1] END AS op_version,
    display_name,
    CASE
        WHEN said[1] IN ('agent', 'llm', 'tool', 'scorer') THEN said[1]
        WHEN said[2] IN ('chat', 'generate_content', 'text_completion') THEN 'llm'
        WHEN said[2] IN ('invoke_agent', 'create_agent') THEN 'agent'
        WHEN said[2] = 'execute_tool' THEN 'tool'
    END AS kind,
    said[5] AS agent,
    said[6] AS tool,
    utc(started_at) AS started_at,
    utc(ended_at) AS ended_at,
    -- Weave's own status is not asked: a partial export says "running" of what has long ended,
    -- and "descendant_error" is a call that came back.
    CASE
        WHEN exception IS NOT NULL THEN 'error'
        WHEN ended_at IS NULL AND output IS NULL THEN 'running'
        ELSE 'ok'
    END AS status,
    raised ->> '$.type' AS error_type,
    CASE WHEN raised IS NULL THEN exception ELSE raised ->> '$.message' END AS error_message,
    CASE
        WHEN len(costs) = 1 AND costs[1].value.provider_id <> 'default'
            THEN costs[1].value.provider_id
        ELSE coalesce(said[3], said[4])
    END AS provider,
    CASE WHEN len(usage) = 1 THEN usage[1].key END AS model,
    try_cast(list_sum(list_transform(tokens, lambda used: used.sent + CASE WHEN used.apart
        THEN coalesce(used.cache_read, 0) + coalesce(used.cache_write, 0) ELSE 0 END
    )) AS BIGINT) AS input_tokens,
    try_cast(list_sum(list_transform(tokens, lambda used: used.received)) AS BIGINT)
        AS output_tokens,
    try_cast(list_sum(list_transform(tokens, lambda used: used.cache_read)) AS BIGINT)
        AS cache_read_tokens,
    try_cast(list_sum(list_transform(tokens, lambda used: used.cache_write)) AS BIGINT)
        AS cache_write_tokens,
    try_cast(list_sum(list_transform(tokens, lambda used: used.kept_1h)) AS BIGINT)
        AS cache_write_1h_tokens,
    try_cast(list_sum(list_transform(tokens, lambda used: used.thought)) AS BIGINT)
        AS reasoning_tokens,
    -- A model without a price makes the whole unknown: a sum over the others would be too low.
    CASE WHEN list_count(model_costs) >= greatest(
        len(model_costs),
        coalesce(len(list_filter(tokens, lambda used:
            used.sent IS NOT NULL OR used.received IS NOT NULL)), 0)
    ) THEN list_sum(model_costs) END AS cost_usd,
    -- The address of a Python object differs in each run and says nothing.
    CASE WHEN starts_with(inputs, '{"self":"<')
        THEN regexp_replace(inputs, '^\{"self":"<[^"\\]* object at 0x[0-9a-fA-F]+>",?', '{')
        ELSE inputs::VARCHAR END AS inputs,
    output::VARCHAR AS output,
    attributes::VARCHAR AS attributes,
    CASE WHEN json_array_length(told[3]) > 0 THEN told[3]::VARCHAR END AS feedback
FROM counted

-- The calls of one of Weave's tables, as spans. Both tables are read alike: where one writes NULL, the other
-- writes an empty text or the year 1970. What an earlier table gave is not read again.
WITH calls AS (
    SELECT
        id,
        assumeNotNull(trace_id) AS trace_id,
        nullIf(parent_id, '') AS parent_id,
        assumeNotNull(op_name) AS op_name,
        assumeNotNull(toUnixTimestamp64Micro(started_at)) AS started_us,
        nullIf(toUnixTimestamp64Micro(ended_at), 0) AS ended_us,
        nullIf(exception, '') AS exception,
        ifNull(output_dump, '') IN ('', 'null') AS is_silent,
        ifNull(attributes_of(otel_dump, attributes_dump), '') AS attributes,
        -- A model that nobody named comes as the key "usage" with nothing in it.
        arrayFilter(
            entry -> entry.1 <> 'usage',
            JSONExtractKeysAndValuesRaw(ifNull(summary_dump, ''), 'usage')
        ) AS usage
    FROM {calls:Identifier} FINAL
    WHERE project_id = {project:String}
        AND ifNull(toUnixTimestamp64Micro(deleted_at), 0) = 0
        AND id <> ''
        AND trace_id <> ''
        AND op_name <> ''
        AND ifNull(toUnixTimestamp64Micro(started_at), 0) <> 0
        AND id NOT IN (SELECT span_id FROM spans)
),
said AS (
    SELECT
        *,
        JSONExtract(attributes, 'weave', 'kind', 'Nullable(String)') AS said_kind,
        JSONExtract(attributes, 'otel_span', 'attributes', 'gen_ai', 'Tuple(
            operation Tuple(name Nullable(String)),
            provider Tuple(name Nullable(String)),
            system Nullable(String),
            agent Tuple(name Nullable(String)),
            tool Tuple(name Nullable(String))
        )') AS gen_ai,
        multiIf(
            said_kind IN ('agent', 'llm', 'tool', 'scorer'), said_kind,
            gen_ai.operation.name IN ('chat', 'generate_content', 'text_completion'), 'llm',
            gen_ai.operation.name IN ('invoke_agent', 'create_agent'), 'agent',
            gen_ai.operation.name = 'execute_tool', 'tool',
            NULL
        ) AS source_kind,
        if(startsWith(exception, '{') AND isValidJSON(ifNull(exception, '')), exception, '') AS raised,
        -- Input includes what came from a cache. Providers that count it apart (no details, no total that
        -- says otherwise) get it added.
        arrayMap(entry -> (
            coalesce(
                JSONExtract(entry.2, 'prompt_tokens', 'Nullable(Int64)'),
                JSONExtract(entry.2, 'input_tokens', 'Nullable(Int64)')
            ),
            coalesce(
                JSONExtract(entry.2, 'completion_tokens', 'Nullable(Int64)'),
                JSONExtract(entry.2, 'output_tokens', 'Nullable(Int64)')
            ),
            coalesce(
                JSONExtract(entry.2, 'cache_read_input_tokens', 'Nullable(Int64)'),
                JSONExtract(entry.2, 'prompt_tokens_details', 'cached_tokens', 'Nullable(Int64)'),
                JSONExtract(entry.2, 'input_tokens_details', 'cached_tokens', 'Nullable(Int64)')
            ),
            JSONExtract(entry.2, 'cache_creation_input_tokens', 'Nullable(Int64)'),
            JSONExtract(entry.2, 'cache_creation', 'ephemeral_1h_input_tokens', 'Nullable(Int64)'),
            coalesce(
                JSONExtract(entry.2, 'completion_tokens_details', 'reasoning_tokens', 'Nullable(Int64)'),
                JSONExtract(entry.2, 'output_tokens_details', 'reasoning_tokens', 'Nullable(Int64)')
            ),
            JSONExtract(entry.2, 'prompt_tokens', 'Nullable(Int64)') IS NULL
                AND JSONType(entry.2, 'prompt_tokens_details') <> 'Object'
                AND JSONType(entry.2, 'input_tokens_details') <> 'Object'
                AND NOT ifNull(
                    toInt128(JSONExtract(entry.2, 'total_tokens', 'Nullable(Int64)'))
                        = toInt128(JSONExtract(entry.2, 'input_tokens', 'Nullable(Int64)'))
                            + ifNull(JSONExtract(entry.2, 'output_tokens', 'Nullable(Int64)'), 0),
                    false
                )
        ), usage) AS used
    FROM calls
)
SELECT
    said.id AS span_id,
    said.trace_id,
    said.parent_id,
    {calls:String} AS kept_in,
    meanings.op,
    meanings.op_version,
    meanings.preset,
    meanings.role,
    coalesce(meanings.kind, said.source_kind, 'other') AS kind,
    coalesce(said.gen_ai.agent.name, meanings.agent) AS agent,
    if(coalesce(meanings.kind, said.source_kind) = 'tool',
        coalesce(said.gen_ai.tool.name, meanings.tool, meanings.op), NULL) AS tool,
    said.started_us,
    said.ended_us,
    if(said.ended_us >= said.started_us, (said.ended_us - said.started_us) / 1e6, NULL) AS duration_s,
    multiIf(said.exception IS NOT NULL, 'error', said.ended_us IS NULL AND said.is_silent, 'running', 'ok') AS status,
    JSONExtract(said.raised, 'type', 'Nullable(String)') AS error_type,
    coalesce(said.gen_ai.provider.name, said.gen_ai.system) AS provider,
    if(length(said.usage) = 1, said.usage[1].1, NULL) AS model,
    accurateCastOrNull(arrayReduce('sumOrNull', arrayMap(
        entry -> toInt128(entry.1) + if(entry.7, ifNull(entry.3, 0) + ifNull(entry.4, 0), 0), said.used
    )), 'Int64') AS input_tokens,
    accurateCastOrNull(arrayReduce('sumOrNull', arrayMap(entry -> toInt128(entry.2), said.used)), 'Int64') AS output_tokens,
    accurateCastOrNull(arrayReduce('sumOrNull', arrayMap(entry -> toInt128(entry.3), said.used)), 'Int64') AS cache_read_tokens,
    accurateCastOrNull(arrayReduce('sumOrNull', arrayMap(entry -> toInt128(entry.4), said.used)), 'Int64') AS cache_write_tokens,
    accurateCastOrNull(arrayReduce('sumOrNull', arrayMap(entry -> toInt128(entry.5), said.used)), 'Int64') AS cache_write_1h_tokens,
    accurateCastOrNull(arrayReduce('sumOrNull', arrayMap(entry -> toInt128(entry.6), said.used)), 'Int64') AS reasoning_tokens
FROM said
INNER JOIN meanings ON meanings.op_name = said.op_name
-- A call that was written twice with two starts is one: the one that has ended.
ORDER BY ended_us DESC NULLS LAST
LIMIT 1 BY span_id

-- One row per call of a bulk export (relation `exported`): its latest state, as calls.sql reads raw calls.
-- Deleted ones are left out. Text that is no JSON is kept as a text.
WITH latest AS (
    SELECT *
    FROM exported
    QUALIFY row_number() OVER (
        PARTITION BY coalesce(nullif(id, ''), file_row_number::VARCHAR)
        ORDER BY greatest(created_us, updated_us) DESC, ended_us DESC, file_row_number DESC
    ) = 1
)

SELECT
    nullif(id, '') AS id,
    nullif(project_id, '') AS project_id,
    nullif(op_name, '') AS op_name,
    nullif(display_name, '') AS display_name,
    nullif(trace_id, '') AS trace_id,
    nullif(parent_id, '') AS parent_id,
    nullif(thread_id, '') AS thread_id,
    CASE WHEN started_us <> 0 THEN strftime(make_timestamp(started_us), '%Y-%m-%dT%H:%M:%S.%fZ') END
        AS started_at,
    CASE WHEN ended_us <> 0 THEN strftime(make_timestamp(ended_us), '%Y-%m-%dT%H:%M:%S.%fZ') END
        AS ended_at,
    nullif(exception, '') AS exception,
    CASE WHEN json_type(sound_json(otel_dump)) = 'OBJECT'
        THEN json_merge_patch(
            coalesce(sound_json(attributes_dump), '{}'),
            json_object('otel_span', otel_dump::JSON)
        )
        ELSE sound_json(attributes_dump) END::JSON AS attributes,
    coalesce(sound_json(inputs_dump), to_json(nullif(inputs_dump, ''))) AS inputs,
    coalesce(sound_json(output_dump), to_json(nullif(output_dump, ''))) AS output,
    sound_json(summary_dump) AS summary,
    file_row_number + 1 AS __line__
FROM latest
WHERE deleted_us = 0

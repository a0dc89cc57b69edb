-- What comes in goes into the store. Rows stay in the order of their file: a trace's are near each other.
INSERT INTO lake.spans BY NAME
SELECT incoming.* EXCLUDE (inputs, output, attributes, feedback, staged_file, staged_row)
FROM incoming;

INSERT INTO lake.feedback BY NAME
SELECT
    heard.source,
    heard.span_id,
    heard.trace_id,
    coalesce(said ->> '$.id', md5(heard.span_id || said::VARCHAR)) AS feedback_id,
    said ->> '$.feedback_type' AS type,
    said ->> '$.creator' AS creator,
    TRY_CAST(said ->> '$.created_at' AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS created_at,
    said ->> '$.payload' AS payload
FROM (
    SELECT source, span_id, trace_id, unnest(from_json(feedback, '["JSON"]')) AS said
    FROM incoming
    WHERE feedback IS NOT NULL
) AS heard;

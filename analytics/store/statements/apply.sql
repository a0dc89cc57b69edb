-- The batch goes into the store: changed rows are replaced, new ones added, the rest left alone.
CREATE OR REPLACE TEMP TABLE written AS
SELECT source, span_id, trace_id, staged_file, staged_row, state FROM changes WHERE state IN ('new', 'changed');

DELETE FROM lake.spans AS target USING written
WHERE written.state = 'changed' AND target.source = written.source AND target.span_id = written.span_id;
DELETE FROM lake.payloads AS target USING written
WHERE written.state = 'changed' AND target.source = written.source AND target.span_id = written.span_id;
DELETE FROM lake.facts AS target USING written
WHERE written.state = 'changed' AND target.source = written.source AND target.span_id = written.span_id;
DELETE FROM lake.feedback AS target USING written
WHERE written.state = 'changed' AND target.source = written.source AND target.span_id = written.span_id;

INSERT INTO lake.revisions BY NAME SELECT * FROM new_revisions;

INSERT INTO lake.spans BY NAME
SELECT batch.* EXCLUDE (staged_file, staged_row)
FROM batch
SEMI JOIN written ON written.source = batch.source AND written.span_id = batch.span_id
ORDER BY batch.trace_id, batch.started_at;

INSERT INTO lake.feedback BY NAME
SELECT
    calls.source,
    calls.span_id,
    calls.trace_id,
    coalesce(said ->> '$.id', md5(calls.span_id || said::VARCHAR)) AS feedback_id,
    said ->> '$.feedback_type' AS type,
    said ->> '$.creator' AS creator,
    TRY_CAST(said ->> '$.created_at' AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS created_at,
    said ->> '$.payload' AS payload
FROM (
    SELECT calls.source, calls.span_id, calls.trace_id, unnest(from_json(calls.feedback, '["JSON"]')) AS said
    FROM calls
    SEMI JOIN written ON written.staged_file = calls.filename AND written.staged_row = calls.file_row_number
    WHERE calls.feedback IS NOT NULL
) AS calls;

-- What goes into the store when some calls are known: the new and the changed, each in its fullest state.
-- A stale export never un-finishes a call, and a partial record never replaces a whole one.
CREATE OR REPLACE TEMP TABLE batch AS
-- Some sources know that a call is over, and not when it ended.
SELECT
    source, span_id, trace_id, ended_at, detail, content_hash, staged_file, staged_row,
    ended_at IS NOT NULL OR status <> 'running' AS is_over
FROM arriving
QUALIFY row_number() OVER (
    PARTITION BY source, span_id
    ORDER BY NOT is_over, ended_at IS NULL, detail DESC, ended_at DESC, content_hash
) = 1;

CREATE OR REPLACE TEMP TABLE compared AS
SELECT
    batch.source,
    batch.span_id,
    batch.trace_id,
    batch.staged_file,
    batch.staged_row,
    known.trace_id AS old_trace_id,
    coalesce(known.is_over, false) AS was_finished,
    CASE
        WHEN known.span_id IS NULL THEN 'new'
        WHEN known.content_hash = batch.content_hash THEN 'unchanged'
        WHEN known.is_over AND NOT batch.is_over THEN 'unchanged'
        WHEN batch.detail < known.detail AND known.is_over = batch.is_over THEN 'unchanged'
        ELSE 'changed'
    END AS state
FROM batch
LEFT JOIN known ON known.source = batch.source AND known.span_id = batch.span_id;

CREATE OR REPLACE TEMP VIEW incoming AS
SELECT arriving.*
FROM arriving
SEMI JOIN compared
    ON compared.staged_file = arriving.staged_file
    AND compared.staged_row = arriving.staged_row
    AND compared.state IN ('new', 'changed');

CREATE OR REPLACE TEMP TABLE changes AS
SELECT source, trace_id, old_trace_id, state, count(*) AS calls_count
FROM compared
GROUP BY ALL;

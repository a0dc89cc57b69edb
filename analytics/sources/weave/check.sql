-- How many staged calls (relation `calls`) lack what a call needs.
SELECT count(*)
FROM calls
WHERE coalesce(span_id, '') = ''
    OR coalesce(trace_id, '') = ''
    OR coalesce(op, '') = ''
    OR started_at IS NULL

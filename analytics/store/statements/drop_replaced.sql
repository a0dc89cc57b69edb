-- The former state of changed calls leaves the store.
DELETE FROM lake.spans AS target USING replaced
WHERE target.source = replaced.source AND target.span_id = replaced.span_id;
DELETE FROM lake.payloads AS target USING replaced
WHERE target.source = replaced.source AND target.span_id = replaced.span_id;
DELETE FROM lake.facts AS target USING replaced
WHERE target.source = replaced.source AND target.span_id = replaced.span_id;
DELETE FROM lake.feedback AS target USING replaced
WHERE target.source = replaced.source AND target.span_id = replaced.span_id;

-- Weave calls that a server no longer has leave the store, as far as that server brought them: what came
-- from files stays. Their revision says so.
CREATE OR REPLACE TEMP TABLE gone AS
SELECT spans.source, spans.span_id, spans.trace_id, spans.status
FROM lake.spans AS spans
SEMI JOIN vanished ON spans.source = 'weave' AND vanished.span_id = spans.span_id
SEMI JOIN lake.imports AS imports
    ON imports.import_id = spans.import_id AND imports.origin = getvariable('origin');

INSERT INTO lake.revisions
SELECT source, span_id, trace_id, getvariable('import_id')::BIGINT, 'deleted', status, NULL FROM gone;

DELETE FROM lake.spans AS target USING gone
WHERE target.source = gone.source AND target.span_id = gone.span_id;
DELETE FROM lake.payloads AS target USING gone
WHERE target.source = gone.source AND target.span_id = gone.span_id;
DELETE FROM lake.facts AS target USING gone
WHERE target.source = gone.source AND target.span_id = gone.span_id;
DELETE FROM lake.feedback AS target USING gone
WHERE target.source = gone.source AND target.span_id = gone.span_id;

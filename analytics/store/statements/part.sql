-- What belongs to no call goes; a call without its payload is taken for another the next time it comes.
DELETE FROM lake.payloads AS parts WHERE NOT EXISTS (
    SELECT 1 FROM lake.spans AS spans WHERE spans.source = parts.source AND spans.span_id = parts.span_id
);
DELETE FROM lake.facts AS parts WHERE NOT EXISTS (
    SELECT 1 FROM lake.spans AS spans WHERE spans.source = parts.source AND spans.span_id = parts.span_id
);
DELETE FROM lake.feedback AS parts WHERE NOT EXISTS (
    SELECT 1 FROM lake.spans AS spans WHERE spans.source = parts.source AND spans.span_id = parts.span_id
);
UPDATE lake.spans AS spans SET content_hash = NULL WHERE spans.content_hash IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM lake.payloads AS parts WHERE parts.source = spans.source AND parts.span_id = spans.span_id
);

-- Facts give way to those read anew; where a payload is lost, they are all that is left of it.
DELETE FROM lake.facts AS facts WHERE EXISTS (
    SELECT 1 FROM lake.payloads AS payloads
    WHERE payloads.source = facts.source AND payloads.span_id = facts.span_id
);

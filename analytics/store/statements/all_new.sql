-- Whether every staged call came once, and is one that the store did not have.
SELECT
    NOT EXISTS (SELECT 1 FROM calls GROUP BY source, span_id HAVING count(*) > 1)
    AND NOT EXISTS (
        SELECT 1 FROM lake.spans AS spans
        SEMI JOIN calls ON calls.source = spans.source AND calls.span_id = spans.span_id
    );

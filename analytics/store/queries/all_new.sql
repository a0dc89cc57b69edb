-- Whether every staged call came once, and is one that the store did not have.
SELECT
    NOT EXISTS (SELECT 1 FROM known)
    AND NOT EXISTS (SELECT 1 FROM arriving GROUP BY source, span_id HAVING count(*) > 1);

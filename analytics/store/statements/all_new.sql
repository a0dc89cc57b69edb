-- Whether every staged call is one that the store did not have, and came once.
SELECT
    (SELECT count(*) FROM calls) = (SELECT count(*) FROM batch)
    AND NOT EXISTS (SELECT 1 FROM changes WHERE state <> 'new');

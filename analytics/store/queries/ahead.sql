-- One row: when the newest import was, where that is ahead of the clock, and how many calls begin after a time.
SELECT
    (
        SELECT imported_at FROM lake.imports
        WHERE imported_at > $imported AND import_id = (SELECT max(import_id) FROM lake.imports)
    ) AS imported_at,
    (SELECT count(*) FROM lake.spans WHERE started_at > $started) AS spans;

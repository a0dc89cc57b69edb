-- One row: what the store holds.
SELECT
    (SELECT count(*) FROM lake.spans) AS calls,
    (SELECT count(*) FROM lake.rejects) AS rejected,
    (SELECT count(*) FROM lake.imports) AS imports,
    -- By its number: a clock that was set back must not make an older import the newest.
    (SELECT max_by(imported_at, import_id) FROM lake.imports) AS imported_at,
    -- Once anything of the user's own is in, the store is the user's.
    (SELECT coalesce(bool_and(coalesce(demo, false)), false) FROM lake.imports) AS demo;

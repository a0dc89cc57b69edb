-- Whether the lake has the table that is made last: a store that was cut off while it was made has none.
FROM postgres_query('catalog', $$
    SELECT count(*) > 0 AS is_made FROM public.ducklake_table
    WHERE table_name = 'settings' AND end_snapshot IS NULL
$$);

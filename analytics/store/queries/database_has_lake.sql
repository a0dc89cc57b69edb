-- Whether the database has a lake's catalog at all.
FROM postgres_query('catalog', $$
    SELECT to_regclass('public.ducklake_table') IS NOT NULL AS has_lake
$$);

-- Which database holds the store, and which lake it is: a restored one has the same name and as many commits.
FROM postgres_query($1, $$
    SELECT
        (SELECT oid::BIGINT FROM pg_database WHERE datname = current_database()) AS in_database,
        'public.ducklake_snapshot'::regclass::oid::BIGINT AS lake,
        (SELECT schema_uuid::TEXT FROM public.ducklake_schema ORDER BY schema_id LIMIT 1) AS made_as
$$);

-- Whether the connection that took the writer's lock has it still.
FROM postgres_query('lock', $$
    SELECT count(*) > 0 AS is_held FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()
        AND classid = x'70696c6f'::int AND objid = x'74706174'::int
$$);

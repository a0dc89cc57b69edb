-- Who holds the writer's lock: one row, or none where it has just been let go.
FROM postgres_query('lock', $$
    SELECT
        activity.pid,
        nullif(activity.application_name, '') AS name,
        coalesce(host(activity.client_addr), 'the server itself') AS host
    FROM pg_locks AS locks
    JOIN pg_stat_activity AS activity USING (pid)
    WHERE locks.locktype = 'advisory' AND locks.granted
        AND locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND locks.classid = x'70696c6f'::int AND locks.objid = x'74706174'::int
$$);

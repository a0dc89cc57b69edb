-- Take the advisory lock of this database's store where it is free, and say whether it was.
-- The connection sits idle in its transaction for as long as the writer works: no limit on that applies.
FROM postgres_query('lock', $$
    SELECT
        pg_try_advisory_lock(x'70696c6f'::int, x'74706174'::int) AS taken,
        set_config('idle_in_transaction_session_timeout', '0', false) AS idle_limit
$$);

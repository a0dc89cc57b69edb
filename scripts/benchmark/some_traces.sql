-- Some traces from all over the store, the same ones each time, and when each took place.
SELECT trace_id, min(started_at) AS began_at, max(last_seen_at) AS seen_at
FROM runs
GROUP BY trace_id
ORDER BY hash(trace_id)
LIMIT $1;

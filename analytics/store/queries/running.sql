-- One row: how many runs are in progress, and how many runs are in another state by now than they are held in.
SELECT
    count(*) FILTER (runs.is_running) AS running,
    count(*) FILTER (
        (runs.state = 'abandoned') <> coalesce(runs.last_seen_at < clock.now - to_seconds(clock.stale_after_s), false)
    ) AS aged
FROM rollup.runs AS runs
CROSS JOIN clock
WHERE runs.state <> 'finished';

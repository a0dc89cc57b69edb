-- One row per trace with a run whose state is another by now, though nothing was written.
CREATE OR REPLACE TABLE changed_traces AS
SELECT DISTINCT runs.source, runs.trace_id
FROM rollup.runs AS runs
CROSS JOIN clock
WHERE runs.state <> 'finished'
    AND (runs.state = 'abandoned') <> coalesce(runs.last_seen_at < clock.now - to_seconds(clock.stale_after_s), false);

-- One row per tool call that was recorded by itself and has a duration, with the run's own cuts.
CREATE OR REPLACE VIEW tool_calls AS
SELECT * EXCLUDE (trace_id, calls_count, judged_count, failures_count, duration_s, timed_count, durations_s),
    unnest(durations_s) AS duration_s
FROM tool_usage;

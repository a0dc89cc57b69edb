-- One row per tool call that was recorded by itself and has a duration, with the run's own cuts.
CREATE TEMPORARY TABLE tool_calls AS
SELECT * EXCEPT (duration_s, durations_s), arrayJoin(durations_s) AS duration_s
FROM tool_usage

-- What is held of the changed traces makes room for what the store has of them now.
DELETE FROM reported AS target USING changed_traces AS changed
WHERE target.source = changed.source AND target.trace_id = changed.trace_id;
DELETE FROM runs AS target USING changed_traces AS changed
WHERE target.source = changed.source AND target.trace_id = changed.trace_id;
DELETE FROM fixes AS target USING changed_traces AS changed
WHERE target.source = changed.source AND target.trace_id = changed.trace_id;
DELETE FROM agent_runs AS target USING changed_traces AS changed
WHERE target.source = changed.source AND target.trace_id = changed.trace_id;
DELETE FROM usage AS target USING changed_traces AS changed
WHERE target.source = changed.source AND target.trace_id = changed.trace_id;
DELETE FROM tool_usage AS target USING changed_traces AS changed
WHERE target.source = changed.source AND target.trace_id = changed.trace_id;
DELETE FROM pipelines AS target USING changed_traces AS changed
WHERE target.source = changed.source AND target.trace_id = changed.trace_id;
DELETE FROM debugging_cycles AS target USING changed_traces AS changed
WHERE target.source = changed.source AND target.trace_id = changed.trace_id;
DELETE FROM conflicts AS target USING changed_traces AS changed
WHERE target.source = changed.source AND target.trace_id = changed.trace_id;
DELETE FROM told_batches AS target USING changed_traces AS changed
WHERE target.source = changed.source AND target.trace_id = changed.trace_id;

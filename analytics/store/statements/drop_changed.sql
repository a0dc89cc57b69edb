-- The rollups of the changed traces make room for what the store has of them now.
DELETE FROM rollup.runs AS target USING changed_traces AS changed
WHERE target.source = changed.source AND target.trace_id = changed.trace_id;
DELETE FROM rollup.fixes AS target USING changed_traces AS changed
WHERE target.source = changed.source AND target.trace_id = changed.trace_id;
DELETE FROM rollup.agent_runs AS target USING changed_traces AS changed
WHERE target.source = changed.source AND target.trace_id = changed.trace_id;
DELETE FROM rollup.usage AS target USING changed_traces AS changed
WHERE target.source = changed.source AND target.trace_id = changed.trace_id;
DELETE FROM rollup.tool_usage AS target USING changed_traces AS changed
WHERE target.source = changed.source AND target.trace_id = changed.trace_id;
DELETE FROM rollup.pipelines AS target USING changed_traces AS changed
WHERE target.source = changed.source AND target.trace_id = changed.trace_id;
DELETE FROM rollup.debugging_cycles AS target USING changed_traces AS changed
WHERE target.source = changed.source AND target.trace_id = changed.trace_id;
DELETE FROM rollup.batches AS target USING changed_traces AS changed
WHERE target.source = changed.source AND target.trace_id = changed.trace_id;
DELETE FROM rollup.conflicts AS target USING changed_traces AS changed
WHERE target.source = changed.source AND target.trace_id = changed.trace_id;

-- What the store has of these traces gives way.
DELETE FROM lake.runs AS target USING replaced
WHERE target.source = replaced.source AND target.trace_id = replaced.trace_id;
DELETE FROM lake.fixes AS target USING replaced
WHERE target.source = replaced.source AND target.trace_id = replaced.trace_id;
DELETE FROM lake.agent_runs AS target USING replaced
WHERE target.source = replaced.source AND target.trace_id = replaced.trace_id;
DELETE FROM lake.usage AS target USING replaced
WHERE target.source = replaced.source AND target.trace_id = replaced.trace_id;
DELETE FROM lake.tool_usage AS target USING replaced
WHERE target.source = replaced.source AND target.trace_id = replaced.trace_id;
DELETE FROM lake.pipelines AS target USING replaced
WHERE target.source = replaced.source AND target.trace_id = replaced.trace_id;
DELETE FROM lake.debugging_cycles AS target USING replaced
WHERE target.source = replaced.source AND target.trace_id = replaced.trace_id;
DELETE FROM lake.batches AS target USING replaced
WHERE target.source = replaced.source AND target.trace_id = replaced.trace_id;
DELETE FROM lake.conflicts AS target USING replaced
WHERE target.source = replaced.source AND target.trace_id = replaced.trace_id;

-- What the store has of these traces gives way.
DELETE FROM lake.runs AS target USING known_traces
WHERE target.source = known_traces.source AND target.trace_id = known_traces.trace_id;
DELETE FROM lake.fixes AS target USING known_traces
WHERE target.source = known_traces.source AND target.trace_id = known_traces.trace_id;
DELETE FROM lake.agent_runs AS target USING known_traces
WHERE target.source = known_traces.source AND target.trace_id = known_traces.trace_id;
DELETE FROM lake.usage AS target USING known_traces
WHERE target.source = known_traces.source AND target.trace_id = known_traces.trace_id;
DELETE FROM lake.tool_usage AS target USING known_traces
WHERE target.source = known_traces.source AND target.trace_id = known_traces.trace_id;
DELETE FROM lake.pipelines AS target USING known_traces
WHERE target.source = known_traces.source AND target.trace_id = known_traces.trace_id;
DELETE FROM lake.debugging_cycles AS target USING known_traces
WHERE target.source = known_traces.source AND target.trace_id = known_traces.trace_id;
DELETE FROM lake.batches AS target USING known_traces
WHERE target.source = known_traces.source AND target.trace_id = known_traces.trace_id;
DELETE FROM lake.conflicts AS target USING known_traces
WHERE target.source = known_traces.source AND target.trace_id = known_traces.trace_id;

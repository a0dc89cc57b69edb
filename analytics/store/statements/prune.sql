-- Everything of the traces that a retention lets go (table doomed).
DELETE FROM lake.code_reports AS target USING (
    SELECT runs.source, runs.run_id FROM lake.runs AS runs SEMI JOIN doomed USING (source, trace_id)
) AS gone
WHERE target.source = gone.source AND target.run_id = gone.run_id;
DELETE FROM lake.spans AS target USING doomed
WHERE target.source = doomed.source AND target.trace_id = doomed.trace_id;
DELETE FROM lake.payloads AS target USING doomed
WHERE target.source = doomed.source AND target.trace_id = doomed.trace_id;
DELETE FROM lake.facts AS target USING doomed
WHERE target.source = doomed.source AND target.trace_id = doomed.trace_id;
DELETE FROM lake.feedback AS target USING doomed
WHERE target.source = doomed.source AND target.trace_id = doomed.trace_id;
DELETE FROM lake.revisions AS target USING doomed
WHERE target.source = doomed.source AND target.trace_id = doomed.trace_id;
DELETE FROM lake.runs AS target USING doomed
WHERE target.source = doomed.source AND target.trace_id = doomed.trace_id;
DELETE FROM lake.fixes AS target USING doomed
WHERE target.source = doomed.source AND target.trace_id = doomed.trace_id;
DELETE FROM lake.agent_runs AS target USING doomed
WHERE target.source = doomed.source AND target.trace_id = doomed.trace_id;
DELETE FROM lake.usage AS target USING doomed
WHERE target.source = doomed.source AND target.trace_id = doomed.trace_id;
DELETE FROM lake.tool_usage AS target USING doomed
WHERE target.source = doomed.source AND target.trace_id = doomed.trace_id;
DELETE FROM lake.pipelines AS target USING doomed
WHERE target.source = doomed.source AND target.trace_id = doomed.trace_id;
DELETE FROM lake.debugging_cycles AS target USING doomed
WHERE target.source = doomed.source AND target.trace_id = doomed.trace_id;
DELETE FROM lake.batches AS target USING doomed
WHERE target.source = doomed.source AND target.trace_id = doomed.trace_id;
DELETE FROM lake.conflicts AS target USING doomed
WHERE target.source = doomed.source AND target.trace_id = doomed.trace_id;

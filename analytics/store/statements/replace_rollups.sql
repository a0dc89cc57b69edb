-- The touched traces' rollups give way to the new ones.
DELETE FROM lake.runs AS target USING touched
WHERE target.source = touched.source AND target.trace_id = touched.trace_id;
DELETE FROM lake.fixes AS target USING touched
WHERE target.source = touched.source AND target.trace_id = touched.trace_id;
DELETE FROM lake.agent_runs AS target USING touched
WHERE target.source = touched.source AND target.trace_id = touched.trace_id;
DELETE FROM lake.usage AS target USING touched
WHERE target.source = touched.source AND target.trace_id = touched.trace_id;
DELETE FROM lake.tool_usage AS target USING touched
WHERE target.source = touched.source AND target.trace_id = touched.trace_id;
DELETE FROM lake.pipelines AS target USING touched
WHERE target.source = touched.source AND target.trace_id = touched.trace_id;
DELETE FROM lake.debugging_cycles AS target USING touched
WHERE target.source = touched.source AND target.trace_id = touched.trace_id;
DELETE FROM lake.batches AS target USING touched
WHERE target.source = touched.source AND target.trace_id = touched.trace_id;
DELETE FROM lake.conflicts AS target USING touched
WHERE target.source = touched.source AND target.trace_id = touched.trace_id;

INSERT INTO lake.runs BY NAME SELECT * FROM new_runs ORDER BY started_at, run_id;
INSERT INTO lake.fixes BY NAME SELECT * FROM new_fixes ORDER BY found_at, fix_id;
INSERT INTO lake.agent_runs BY NAME SELECT * FROM new_agent_runs ORDER BY run_id, agent;
INSERT INTO lake.usage BY NAME SELECT * FROM new_usage ORDER BY run_id, agent, model;
INSERT INTO lake.tool_usage BY NAME SELECT * FROM new_tool_usage ORDER BY run_id, agent, tool;
INSERT INTO lake.pipelines BY NAME SELECT * FROM new_pipelines ORDER BY started_at, span_id;
INSERT INTO lake.debugging_cycles BY NAME SELECT * FROM new_debugging_cycles ORDER BY started_at, span_id;
INSERT INTO lake.batches BY NAME SELECT * FROM new_batches ORDER BY started_at, span_id;
INSERT INTO lake.conflicts BY NAME SELECT * FROM new_conflicts ORDER BY run_id, kind;

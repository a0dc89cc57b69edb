-- The touched traces' rollups give way to the new ones.
DELETE FROM lake.runs AS target USING touched
WHERE target.source = touched.source AND target.trace_id = touched.trace_id;
DELETE FROM lake.fixes AS target USING touched
WHERE target.source = touched.source AND target.trace_id = touched.trace_id;
DELETE FROM lake.agent_runs AS target USING touched
WHERE target.source = touched.source AND target.trace_id = touched.trace_id;

INSERT INTO lake.runs BY NAME SELECT * FROM new_runs ORDER BY started_at, run_id;
INSERT INTO lake.fixes BY NAME SELECT * FROM new_fixes ORDER BY found_at, fix_id;
INSERT INTO lake.agent_runs BY NAME SELECT * FROM new_agent_runs ORDER BY run_id, agent;

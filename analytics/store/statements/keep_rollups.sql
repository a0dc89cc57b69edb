-- The touched traces' rollups as worked out just now.
INSERT INTO lake.runs BY NAME SELECT * FROM new_runs ORDER BY started_at, run_id;
INSERT INTO lake.fixes BY NAME SELECT * FROM new_fixes ORDER BY found_at, fix_id;
INSERT INTO lake.agent_runs BY NAME SELECT * FROM new_agent_runs ORDER BY run_id, agent;
INSERT INTO lake.usage BY NAME SELECT * FROM new_usage ORDER BY run_id, agent, model;
INSERT INTO lake.tool_usage BY NAME SELECT * FROM new_tool_usage ORDER BY run_id, agent, tool;
INSERT INTO lake.pipelines BY NAME SELECT * FROM new_pipelines ORDER BY started_at, span_id;
INSERT INTO lake.debugging_cycles BY NAME SELECT * FROM new_debugging_cycles ORDER BY started_at, span_id;
INSERT INTO lake.batches BY NAME SELECT * FROM new_batches ORDER BY started_at, span_id;
INSERT INTO lake.conflicts BY NAME SELECT * FROM new_conflicts ORDER BY run_id, kind;

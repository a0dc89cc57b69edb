-- The reader's rollups give way to those worked out anew.
DELETE FROM rollup.runs;
DELETE FROM rollup.fixes;
DELETE FROM rollup.agent_runs;
DELETE FROM rollup.usage;
DELETE FROM rollup.tool_usage;
DELETE FROM rollup.pipelines;
DELETE FROM rollup.debugging_cycles;
DELETE FROM rollup.batches;
DELETE FROM rollup.conflicts;
INSERT INTO rollup.runs BY NAME FROM new_runs;
INSERT INTO rollup.fixes BY NAME FROM new_fixes;
INSERT INTO rollup.agent_runs BY NAME FROM new_agent_runs;
INSERT INTO rollup.usage BY NAME FROM new_usage;
INSERT INTO rollup.tool_usage BY NAME FROM new_tool_usage;
INSERT INTO rollup.pipelines BY NAME FROM new_pipelines;
INSERT INTO rollup.debugging_cycles BY NAME FROM new_debugging_cycles;
INSERT INTO rollup.batches BY NAME FROM new_batches;
INSERT INTO rollup.conflicts BY NAME FROM new_conflicts;

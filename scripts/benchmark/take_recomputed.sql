-- The reader's rollups give way to those worked out anew.
DELETE FROM rollup.runs;
DELETE FROM rollup.fixes;
DELETE FROM rollup.agent_runs;
INSERT INTO rollup.runs BY NAME FROM new_runs;
INSERT INTO rollup.fixes BY NAME FROM new_fixes;
INSERT INTO rollup.agent_runs BY NAME FROM new_agent_runs;

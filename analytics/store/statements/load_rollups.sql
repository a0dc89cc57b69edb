-- The rollups of the attached store, as of its newest commit.
DELETE FROM rollup.runs;
DELETE FROM rollup.fixes;
DELETE FROM rollup.agent_runs;
INSERT INTO rollup.runs BY NAME FROM lake.runs;
INSERT INTO rollup.fixes BY NAME FROM lake.fixes;
INSERT INTO rollup.agent_runs BY NAME FROM lake.agent_runs;

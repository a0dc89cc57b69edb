-- In how many rows the rollups in the store and the ones in memory differ.
SELECT
    (SELECT count(*) FROM (FROM lake.runs EXCEPT ALL FROM rollup.runs))
    + (SELECT count(*) FROM (FROM rollup.runs EXCEPT ALL FROM lake.runs))
    + (SELECT count(*) FROM (FROM lake.fixes EXCEPT ALL FROM rollup.fixes))
    + (SELECT count(*) FROM (FROM rollup.fixes EXCEPT ALL FROM lake.fixes))
    + (SELECT count(*) FROM (FROM lake.agent_runs EXCEPT ALL FROM rollup.agent_runs))
    + (SELECT count(*) FROM (FROM rollup.agent_runs EXCEPT ALL FROM lake.agent_runs));

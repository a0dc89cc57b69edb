-- How many traces changed, for each run in memory; above 1 where most are new.
SELECT (SELECT count(*) FROM changed_traces) / greatest((SELECT count(*) FROM rollup.runs), 1);

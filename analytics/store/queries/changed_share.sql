-- How many of the traces with runs in memory changed, as a share; above 1 where most are new.
SELECT (SELECT count(*) FROM changed_traces) / greatest((SELECT count(*) FROM rollup.runs), 1);

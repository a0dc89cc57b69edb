-- What was reported of runs is few, and read anew as a whole.
DELETE FROM rollup.verdicts;
DELETE FROM rollup.code_reports;

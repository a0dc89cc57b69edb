-- What was said before of one run.
DELETE FROM lake.code_reports WHERE source = $1 AND run_id = $2;

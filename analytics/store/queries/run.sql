-- One row: the run, as its view tells it.
SELECT * FROM runs WHERE source = $source AND run_id = $run_id;

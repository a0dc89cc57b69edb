-- One row per run with this id, of any source.
SELECT source, run_id FROM runs WHERE run_id = $run_id ORDER BY source;

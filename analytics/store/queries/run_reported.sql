-- At most one row: what the best of the reports says of a run.
SELECT outcome, kind, origin, found_at, evidence FROM rollup.reported WHERE source = $source AND run_id = $run_id;

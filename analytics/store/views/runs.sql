-- One row per run, with its state and outcome as of the clock.
CREATE OR REPLACE VIEW runs AS
SELECT * EXCLUDE (run_no) FROM rollup.runs;

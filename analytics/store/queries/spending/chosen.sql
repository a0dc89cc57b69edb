-- Which runs are looked at: filled by the caller, read by every query of this folder.
CREATE OR REPLACE TEMP TABLE chosen_runs (source VARCHAR, run_id VARCHAR);

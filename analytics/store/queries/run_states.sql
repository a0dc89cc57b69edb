-- One row per run: its outcome, its labels, and a fingerprint that tells whether anything of it changed.
SELECT source, run_id, outcome, state, model, variant, task, agent, hash(runs) AS fingerprint FROM runs;

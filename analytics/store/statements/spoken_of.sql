-- One row per verdict of new_verdicts and run that it speaks of.
SELECT verdicts.origin, verdicts.key_kind, verdicts.key, verdicts.variant, runs.source, runs.run_id
FROM new_verdicts AS verdicts
JOIN lake.runs AS runs ON verdicts.key_kind = 'run' AND runs.run_id = verdicts.key
WHERE verdicts.variant IS NULL OR verdicts.variant IN (runs.variant, runs.model)
UNION ALL
SELECT verdicts.origin, verdicts.key_kind, verdicts.key, verdicts.variant, runs.source, runs.run_id
FROM new_verdicts AS verdicts
JOIN lake.runs AS runs ON verdicts.key_kind = 'task' AND runs.task = verdicts.key
WHERE verdicts.variant IS NULL OR verdicts.variant IN (runs.variant, runs.model);

-- One row per run that a report speaks of: what the best of the reports says. One that names the run comes
-- before one that names its task; a merge before CI, CI before tests, tests before a list; then the newest.
CREATE OR REPLACE VIEW derived_reported AS
WITH spoken AS (
    SELECT runs.source, runs.run_id, runs.trace_id, verdicts.*
    FROM brought.verdicts AS verdicts
    JOIN brought.runs AS runs ON verdicts.key_kind = 'run' AND runs.run_id = verdicts.key
    UNION ALL
    SELECT runs.source, runs.run_id, runs.trace_id, verdicts.*
    FROM brought.verdicts AS verdicts
    JOIN brought.runs AS runs ON verdicts.key_kind = 'task' AND runs.task = verdicts.key
    WHERE verdicts.variant IS NULL OR verdicts.variant IN (runs.variant, runs.model)
)
SELECT
    source,
    run_id,
    trace_id,
    CASE WHEN passed THEN 'pass' ELSE 'fail' END AS outcome,
    kind,
    origin,
    found_at,
    evidence
FROM spoken
WHERE passed IS NOT NULL
QUALIFY row_number() OVER (
    PARTITION BY source, run_id
    ORDER BY
        key_kind = 'run' DESC,
        list_position(['merge', 'ci', 'tests', 'list'], kind),
        found_at DESC NULLS LAST,
        import_id DESC,
        origin
) = 1;

CREATE OR REPLACE TABLE rollup.reported AS FROM derived_reported;

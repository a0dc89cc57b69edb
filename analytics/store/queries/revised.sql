-- One row per kind of record and field that an import changed, the most frequent first.
SELECT
    CASE WHEN source = 'report' THEN 'verdicts' ELSE 'calls' END AS kind,
    field,
    count(*) AS records
FROM lake.revisions
WHERE import_id = $import_id
GROUP BY ALL
ORDER BY kind, records DESC, field;

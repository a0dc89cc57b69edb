-- One row per end whose beginning is not in the log (relation `log`).
SELECT __line__ AS line, req::VARCHAR AS excerpt
FROM log
WHERE type = 'call_end'
    AND coalesce(req ->> '$.end.id', '') NOT IN (
        SELECT req ->> '$.start.id'
        FROM log
        WHERE type = 'call_start' AND (req ->> '$.start.id') IS NOT NULL
    )
ORDER BY line

-- One row per call that was begun (relation `log`), with its end where that was written: raw calls.
WITH begun AS (
    SELECT unnest(json_transform(req -> '$.start', '{'
        '"id": "VARCHAR", "project_id": "VARCHAR", "op_name": "VARCHAR", '
        '"display_name": "VARCHAR", "trace_id": "VARCHAR", "parent_id": "VARCHAR", '
        '"thread_id": "VARCHAR", "started_at": "VARCHAR", "attributes": "JSON", "inputs": "JSON"}'
    )), __line__
    FROM log
    WHERE type = 'call_start'
),

ended AS (
    SELECT unnest(json_transform(req -> '$.end', '{'
        '"id": "VARCHAR", "ended_at": "VARCHAR", "exception": "VARCHAR", '
        '"output": "JSON", "summary": "JSON"}'
    )), __line__
    FROM log
    WHERE type = 'call_end'
),

-- A log that was sent again holds a record twice.
last_end AS (
    SELECT * FROM ended QUALIFY row_number() OVER (PARTITION BY id ORDER BY __line__ DESC) = 1
)

SELECT begun.*, ended_at, exception, output, summary
FROM begun
LEFT JOIN last_end USING (id)
QUALIFY begun.id IS NULL
    OR row_number() OVER (PARTITION BY begun.id ORDER BY begun.__line__) = 1
ORDER BY begun.__line__

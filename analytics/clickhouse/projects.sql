-- One row per project in a table of calls.
SELECT DISTINCT project_id
FROM {calls:Identifier}
ORDER BY project_id

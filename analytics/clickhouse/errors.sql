-- One row per preset and exception class that occurs.
SELECT DISTINCT preset, error_type
FROM spans
WHERE error_type IS NOT NULL

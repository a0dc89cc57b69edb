-- One row per model that calls used, and who served it.
SELECT DISTINCT provider, model
FROM spans
WHERE model IS NOT NULL

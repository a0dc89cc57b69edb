-- Every model that calls of the touched traces used, as they name it.
SELECT DISTINCT provider, model
FROM touched_spans
WHERE model IS NOT NULL AND (input_tokens IS NOT NULL OR output_tokens IS NOT NULL)
ORDER BY ALL;

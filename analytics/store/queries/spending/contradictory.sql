-- One number: parts of the chosen runs whose counts of tokens contradict each other.
SELECT count(*) AS contradictory
FROM usage
SEMI JOIN chosen_runs USING (source, run_id)
WHERE coalesce(input_tokens, 0)::HUGEINT < coalesce(cache_read_tokens, 0)::HUGEINT + coalesce(cache_write_tokens, 0)
    OR coalesce(cache_write_tokens, 0) < coalesce(cache_write_1h_tokens, 0)
    OR coalesce(output_tokens, 0) < coalesce(reasoning_tokens, 0);

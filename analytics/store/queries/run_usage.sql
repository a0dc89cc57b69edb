-- One row per agent and model of a run, the costliest first.
SELECT
    agent,
    provider,
    model,
    calls_count,
    input_tokens,
    output_tokens,
    cache_read_tokens,
    cache_write_tokens,
    reasoning_tokens,
    cost_reported_usd,
    cost_computed_usd,
    cost_usd,
    unpriced_tokens
FROM usage
WHERE source = $source AND run_id = $run_id
ORDER BY cost_usd DESC NULLS LAST, input_tokens DESC NULLS LAST, agent, model;

-- One row per model as calls name it, period, hour of the day and tier: US dollars a million tokens.
CREATE TEMPORARY TABLE prices (
    provider String,
    model String,
    valid_from_us Nullable(Int64),
    valid_until_us Nullable(Int64),
    from_time_us Nullable(Int64),
    until_time_us Nullable(Int64),
    tier_from_tokens Int64,
    tier_until_tokens Nullable(Int64),
    input_usd Nullable(Float64),
    cache_read_usd Nullable(Float64),
    cache_write_usd Nullable(Float64),
    cache_write_1h_usd Nullable(Float64),
    output_usd Nullable(Float64),
    reasoning_usd Nullable(Float64),
    request_usd Nullable(Float64)
)

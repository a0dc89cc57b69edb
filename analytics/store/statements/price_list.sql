-- What each model touched costs, taken from one text as meanings are.
CREATE OR REPLACE TEMP TABLE price_list AS
SELECT unnest(from_json_strict($1, '[{
    "provider": "VARCHAR", "model": "VARCHAR", "priced_as": "VARCHAR", "valid_from": "TIMESTAMP",
    "valid_until": "TIMESTAMP", "from_time": "TIME", "until_time": "TIME", "tier_from_tokens": "BIGINT",
    "tier_until_tokens": "BIGINT", "input_usd": "DOUBLE", "cache_read_usd": "DOUBLE", "cache_write_usd": "DOUBLE",
    "cache_write_1h_usd": "DOUBLE", "output_usd": "DOUBLE", "reasoning_usd": "DOUBLE", "request_usd": "DOUBLE",
    "basis": "VARCHAR"
}]'), recursive := true);

-- Prices of the models that the store's calls name: one row per period, time of day and tier.
SELECT *
FROM lake.prices
ORDER BY provider, model, valid_from NULLS FIRST, from_time NULLS FIRST, tier_from_tokens;

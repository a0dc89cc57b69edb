-- Prices that the store does not show yet.
INSERT INTO lake.prices BY NAME
SELECT price_list.*
FROM price_list
ANTI JOIN lake.prices AS kept
    ON kept.model = price_list.model AND kept.provider IS NOT DISTINCT FROM price_list.provider;

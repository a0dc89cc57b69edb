-- As keep_prices, for a store that never had one.
INSERT INTO lake.prices BY NAME FROM price_list;

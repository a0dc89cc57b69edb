-- How many rows a table lost between two states.
SELECT count(*) FROM ducklake_table_deletions($1, $2, $3, $4, $5);

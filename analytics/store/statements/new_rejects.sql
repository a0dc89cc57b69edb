-- What an import ($1) could not read. Taken from one text, because DuckDB looks long at each value it is handed.
INSERT INTO new_rejects
SELECT $1, unnest(from_json_strict($2, '[{
    "file": "VARCHAR", "line": "BIGINT", "reason": "VARCHAR", "excerpt": "VARCHAR"
}]'), recursive := true);

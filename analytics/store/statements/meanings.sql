-- One row per op: what the presets say of it. Taken from one text, because DuckDB looks long at each value it is
-- handed.
CREATE OR REPLACE TEMP TABLE meanings AS
SELECT unnest(from_json_strict($1, '[{
    "op": "VARCHAR", "preset": "VARCHAR", "role": "VARCHAR", "kind": "VARCHAR", "agent": "VARCHAR", "tool": "VARCHAR"
}]'), recursive := true);

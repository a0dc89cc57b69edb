-- One row per preset (NULL: none) and exception class touched, taken from one text as meanings are.
CREATE OR REPLACE TEMP TABLE error_kinds AS
SELECT unnest(from_json_strict($1, '[{"preset": "VARCHAR", "error_type": "VARCHAR", "kind": "VARCHAR"}]'), recursive := true);

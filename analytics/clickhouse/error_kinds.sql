-- One row per preset (empty: none) and exception class: what kind of error it tells of.
CREATE TEMPORARY TABLE error_kinds (preset String, error_type String, kind String)

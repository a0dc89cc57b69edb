-- One row: what the attached store keeps its catalog in.
SELECT catalog_type FROM ducklake_settings('lake');

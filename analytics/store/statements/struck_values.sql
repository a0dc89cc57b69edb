-- Files that are gone are no longer listed: their part of the catalog.
DELETE FROM __ducklake_metadata_lake.ducklake_file_partition_value WHERE list_contains($1, data_file_id);

-- The same, read by another connection from the files of variable slice_folder.
CREATE TEMP VIEW touched_spans AS FROM read_parquet(getvariable('slice_folder') || '/touched_spans.parquet');
CREATE TEMP VIEW touched_facts AS FROM read_parquet(getvariable('slice_folder') || '/touched_facts.parquet');

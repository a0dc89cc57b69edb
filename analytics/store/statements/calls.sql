-- One row per staged call, with the place it was staged at.
CREATE OR REPLACE TEMP VIEW calls AS
FROM read_parquet(getvariable('staged_files'), filename = true, file_row_number = true);

-- What another connection worked out of a slice, from the files of variable slice_folder.
CREATE OR REPLACE TEMP VIEW price_list AS FROM read_parquet(getvariable('slice_folder') || '/price_list.parquet');
CREATE OR REPLACE TEMP VIEW new_runs AS FROM read_parquet(getvariable('slice_folder') || '/new_runs.parquet');
CREATE OR REPLACE TEMP VIEW new_fixes AS FROM read_parquet(getvariable('slice_folder') || '/new_fixes.parquet');
CREATE OR REPLACE TEMP VIEW new_agent_runs AS FROM read_parquet(getvariable('slice_folder') || '/new_agent_runs.parquet');
CREATE OR REPLACE TEMP VIEW new_usage AS FROM read_parquet(getvariable('slice_folder') || '/new_usage.parquet');
CREATE OR REPLACE TEMP VIEW new_tool_usage AS FROM read_parquet(getvariable('slice_folder') || '/new_tool_usage.parquet');
CREATE OR REPLACE TEMP VIEW new_pipelines AS FROM read_parquet(getvariable('slice_folder') || '/new_pipelines.parquet');
CREATE OR REPLACE TEMP VIEW new_debugging_cycles AS FROM read_parquet(getvariable('slice_folder') || '/new_debugging_cycles.parquet');
CREATE OR REPLACE TEMP VIEW new_batches AS FROM read_parquet(getvariable('slice_folder') || '/new_batches.parquet');
CREATE OR REPLACE TEMP VIEW new_conflicts AS FROM read_parquet(getvariable('slice_folder') || '/new_conflicts.parquet');

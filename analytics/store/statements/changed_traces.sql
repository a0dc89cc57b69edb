-- One row per trace of which a run was written or removed between two commits.
CREATE OR REPLACE TABLE changed_traces AS
SELECT source, trace_id FROM ducklake_table_insertions('lake', 'main', 'runs', $1, $2)
UNION
SELECT source, trace_id FROM ducklake_table_deletions('lake', 'main', 'runs', $1, $2);

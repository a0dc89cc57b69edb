-- Notes every trace of which a row of a table was written or removed between two commits.
INSERT INTO changed_traces
FROM (
    SELECT source, trace_id FROM ducklake_table_insertions('lake', 'main', $3, $1, $2)
    UNION
    SELECT source, trace_id FROM ducklake_table_deletions('lake', 'main', $3, $1, $2)
) AS told
ANTI JOIN changed_traces USING (source, trace_id);

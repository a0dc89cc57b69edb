-- How many rows of the project lack what a call needs: a start, a trace or an op.
SELECT count()
FROM {calls:Identifier} FINAL
WHERE project_id = {project:String}
    AND ifNull(toUnixTimestamp64Micro(deleted_at), 0) = 0
    AND (
        id = ''
        OR ifNull(trace_id, '') = ''
        OR ifNull(op_name, '') = ''
        OR ifNull(toUnixTimestamp64Micro(started_at), 0) = 0
    )

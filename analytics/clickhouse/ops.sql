-- One row per op as the calls of the project name it, version included.
SELECT DISTINCT op_name
FROM {calls:Identifier} FINAL
WHERE project_id = {project:String} AND op_name <> ''

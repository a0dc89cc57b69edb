-- One row per preset that has something to read: of calls with a role, and of roots that nobody knows.
SELECT DISTINCT ifNull(preset, 'generic')
FROM spans
WHERE role IS NOT NULL OR (preset IS NULL AND parent_id IS NULL AND {roots_are_runs:Bool})

-- What an earlier import of this connection worked out in memory.
DROP TABLE IF EXISTS price_list;
DROP TABLE IF EXISTS new_runs;
DROP TABLE IF EXISTS new_fixes;
DROP TABLE IF EXISTS new_agent_runs;
DROP TABLE IF EXISTS new_usage;
DROP TABLE IF EXISTS new_tool_usage;
DROP TABLE IF EXISTS new_pipelines;
DROP TABLE IF EXISTS new_debugging_cycles;
DROP TABLE IF EXISTS new_batches;
DROP TABLE IF EXISTS new_conflicts;

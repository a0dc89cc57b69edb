-- Statements that work a slice out in memory make tables of these names.
DROP VIEW price_list;
DROP VIEW new_runs;
DROP VIEW new_fixes;
DROP VIEW new_agent_runs;
DROP VIEW new_usage;
DROP VIEW new_tool_usage;
DROP VIEW new_pipelines;
DROP VIEW new_debugging_cycles;
DROP VIEW new_batches;
DROP VIEW new_conflicts;

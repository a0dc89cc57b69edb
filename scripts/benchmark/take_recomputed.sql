-- What was worked out anew stands in for the rollups of the store.
CREATE OR REPLACE VIEW rollup.runs AS FROM new_runs;
CREATE OR REPLACE VIEW rollup.fixes AS FROM new_fixes;
CREATE OR REPLACE VIEW rollup.agent_runs AS FROM new_agent_runs;
CREATE OR REPLACE VIEW rollup.usage AS FROM new_usage;
CREATE OR REPLACE VIEW rollup.tool_usage AS FROM new_tool_usage;
CREATE OR REPLACE VIEW rollup.pipelines AS FROM new_pipelines;
CREATE OR REPLACE VIEW rollup.debugging_cycles AS FROM new_debugging_cycles;
CREATE OR REPLACE VIEW rollup.batches AS FROM new_batches;
CREATE OR REPLACE VIEW rollup.conflicts AS FROM new_conflicts;

-- What comes into memory: the rollups of the changed traces.
CREATE OR REPLACE VIEW rollup.runs AS
FROM lake.runs SEMI JOIN changed_traces USING (source, trace_id);
CREATE OR REPLACE VIEW rollup.fixes AS
FROM lake.fixes SEMI JOIN changed_traces USING (source, trace_id);
CREATE OR REPLACE VIEW rollup.agent_runs AS
FROM lake.agent_runs SEMI JOIN changed_traces USING (source, trace_id);
CREATE OR REPLACE VIEW rollup.usage AS
FROM lake.usage SEMI JOIN changed_traces USING (source, trace_id);
CREATE OR REPLACE VIEW rollup.tool_usage AS
FROM lake.tool_usage SEMI JOIN changed_traces USING (source, trace_id);
CREATE OR REPLACE VIEW rollup.pipelines AS
FROM lake.pipelines SEMI JOIN changed_traces USING (source, trace_id);
CREATE OR REPLACE VIEW rollup.debugging_cycles AS
FROM lake.debugging_cycles SEMI JOIN changed_traces USING (source, trace_id);
CREATE OR REPLACE VIEW rollup.batches AS
FROM lake.batches SEMI JOIN changed_traces USING (source, trace_id);
CREATE OR REPLACE VIEW rollup.conflicts AS
FROM lake.conflicts SEMI JOIN changed_traces USING (source, trace_id);

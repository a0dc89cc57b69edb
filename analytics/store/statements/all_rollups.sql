-- What comes into memory: every rollup of the attached store, and what was told of runs from outside.
CREATE OR REPLACE VIEW rollup.runs AS FROM lake.runs;
CREATE OR REPLACE VIEW rollup.fixes AS FROM lake.fixes;
CREATE OR REPLACE VIEW rollup.agent_runs AS FROM lake.agent_runs;
CREATE OR REPLACE VIEW rollup.usage AS FROM lake.usage;
CREATE OR REPLACE VIEW rollup.tool_usage AS FROM lake.tool_usage;
CREATE OR REPLACE VIEW rollup.pipelines AS FROM lake.pipelines;
CREATE OR REPLACE VIEW rollup.debugging_cycles AS FROM lake.debugging_cycles;
CREATE OR REPLACE VIEW rollup.batches AS FROM lake.batches;
CREATE OR REPLACE VIEW rollup.conflicts AS FROM lake.conflicts;
CREATE OR REPLACE VIEW rollup.verdicts AS FROM lake.verdicts;
CREATE OR REPLACE VIEW rollup.code_reports AS FROM lake.code_reports;

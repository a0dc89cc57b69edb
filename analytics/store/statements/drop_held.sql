-- What is held of the changed traces makes room for what the store has of them now.
CREATE OR REPLACE TEMP TABLE changed_runs AS
SELECT run_no FROM rollup.runs SEMI JOIN changed_traces USING (source, trace_id);
DELETE FROM rollup.fixes AS target USING changed_runs AS changed WHERE target.run_no = changed.run_no;
DELETE FROM rollup.agent_runs AS target USING changed_runs AS changed WHERE target.run_no = changed.run_no;
DELETE FROM rollup.usage AS target USING changed_runs AS changed WHERE target.run_no = changed.run_no;
DELETE FROM rollup.tool_usage AS target USING changed_runs AS changed WHERE target.run_no = changed.run_no;
DELETE FROM rollup.pipelines AS target USING changed_runs AS changed WHERE target.run_no = changed.run_no;
DELETE FROM rollup.debugging_cycles AS target USING changed_runs AS changed WHERE target.run_no = changed.run_no;
DELETE FROM rollup.conflicts AS target USING changed_runs AS changed WHERE target.run_no = changed.run_no;
DELETE FROM rollup.runs AS target USING changed_traces AS changed
WHERE target.source = changed.source AND target.trace_id = changed.trace_id;
DELETE FROM rollup.reported AS target USING changed_traces AS changed
WHERE target.source = changed.source AND target.trace_id = changed.trace_id;
DELETE FROM rollup.batches AS target USING changed_traces AS changed
WHERE target.source = changed.source AND target.trace_id = changed.trace_id;

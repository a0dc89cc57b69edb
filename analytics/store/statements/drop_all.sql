-- All that is held of runs makes room.
DELETE FROM rollup.fixes;
DELETE FROM rollup.agent_runs;
DELETE FROM rollup.usage;
DELETE FROM rollup.tool_usage;
DELETE FROM rollup.pipelines;
DELETE FROM rollup.debugging_cycles;
DELETE FROM rollup.conflicts;
DELETE FROM rollup.batches;

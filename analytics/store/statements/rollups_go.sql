-- Every rollup, to be worked out anew.
DELETE FROM lake.runs;
DELETE FROM lake.fixes;
DELETE FROM lake.agent_runs;
DELETE FROM lake.usage;
DELETE FROM lake.tool_usage;
DELETE FROM lake.pipelines;
DELETE FROM lake.debugging_cycles;
DELETE FROM lake.batches;
DELETE FROM lake.conflicts;

-- What comes into memory: the runs of the changed traces.
CREATE OR REPLACE VIEW brought.runs AS
FROM lake.runs SEMI JOIN changed_traces USING (source, trace_id);

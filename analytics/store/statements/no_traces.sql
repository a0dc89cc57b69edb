-- Makes room for the traces that changed: one row each.
CREATE OR REPLACE TABLE changed_traces (source VARCHAR, trace_id VARCHAR);

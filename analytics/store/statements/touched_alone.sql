-- As touched_in_memory, for a store that was empty: what comes in is all that is known of any trace.
CREATE OR REPLACE TEMP TABLE touched_spans AS
SELECT incoming.* EXCLUDE (
    content_hash, display_name, error_message, inputs, output, attributes, feedback, staged_file, staged_row
)
FROM incoming;
CREATE OR REPLACE TEMP TABLE touched_facts AS
SELECT new_facts.* EXCLUDE (trace_id, preset) FROM new_facts;

-- Everything that is known of the traces whose rollups are to be worked out again (table touched).
CREATE OR REPLACE TEMP VIEW spans_of_touched AS
SELECT spans.* EXCLUDE (content_hash, display_name, error_message)
FROM lake.spans AS spans
SEMI JOIN touched ON touched.source = spans.source AND touched.trace_id = spans.trace_id;

CREATE OR REPLACE TEMP VIEW facts_of_touched AS
SELECT facts.* EXCLUDE (trace_id, preset)
FROM lake.facts AS facts
SEMI JOIN touched ON touched.source = facts.source AND touched.trace_id = facts.trace_id;

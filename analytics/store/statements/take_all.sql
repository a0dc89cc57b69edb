-- What goes into the store when every call is new.
CREATE OR REPLACE TEMP VIEW incoming AS FROM arriving;

CREATE OR REPLACE TEMP TABLE changes AS
SELECT source, trace_id, NULL::VARCHAR AS old_trace_id, 'new' AS state, count(*) AS calls_count
FROM arriving
GROUP BY source, trace_id;

-- The traces of one slice: few enough to be worked out in bounded memory.
CREATE OR REPLACE TEMP TABLE touched AS
SELECT source, trace_id FROM all_touched
WHERE hash(trace_id) % getvariable('slices') = getvariable('slice');

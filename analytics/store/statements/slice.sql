-- The traces of one slice: few enough to be worked out in bounded memory.
CREATE OR REPLACE TEMP TABLE touched AS
SELECT source, trace_id FROM all_sliced
WHERE slice = getvariable('slice');

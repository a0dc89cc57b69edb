-- Every trace at once: a recompute works on all of them, where an import goes slice by slice.
CREATE OR REPLACE TEMP TABLE touched AS FROM all_touched;

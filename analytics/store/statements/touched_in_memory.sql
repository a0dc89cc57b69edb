-- Read once, for all the statements that ask.
CREATE OR REPLACE TEMP TABLE touched_spans AS FROM spans_of_touched;
CREATE OR REPLACE TEMP TABLE touched_facts AS FROM facts_of_touched;

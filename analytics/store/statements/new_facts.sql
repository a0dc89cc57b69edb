-- Room for the facts of few calls.
CREATE OR REPLACE TEMP TABLE new_facts AS FROM lake.facts LIMIT 0;

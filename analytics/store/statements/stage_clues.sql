-- What may tell which run or task a saying is about.
CREATE OR REPLACE TEMP TABLE clues AS FROM staged_clues;

-- What the reports that were read say of each run or task.
CREATE OR REPLACE TEMP TABLE new_verdicts AS FROM staged_new_verdicts;

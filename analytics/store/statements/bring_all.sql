-- What comes into memory: every run of the attached store, and what was told of runs from outside.
CREATE OR REPLACE VIEW brought.runs AS FROM lake.runs;
CREATE OR REPLACE VIEW brought.verdicts AS FROM lake.verdicts;
CREATE OR REPLACE VIEW brought.code_reports AS FROM lake.code_reports;

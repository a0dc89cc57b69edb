-- Few calls, worked out once for all the statements that ask.
CREATE OR REPLACE TEMP TABLE held AS FROM meant;
CREATE OR REPLACE TEMP VIEW arriving AS FROM held;

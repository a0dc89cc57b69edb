-- The reports that say something.
CREATE OR REPLACE TEMP TABLE origins AS FROM staged_origins;

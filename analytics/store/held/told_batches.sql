-- One row per series of runs that has a span of its own: what it reports of itself.
CREATE OR REPLACE VIEW derived_told_batches AS
FROM rollup.batches;

CREATE OR REPLACE TABLE told_batches AS FROM derived_told_batches;

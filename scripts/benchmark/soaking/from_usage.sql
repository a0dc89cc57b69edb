-- The same tokens, from another rollup of the same version.
SELECT sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens FROM usage;

-- Raw calls (relation `loose`) as they are; NaN, which is no JSON though it is read, raises instead.
SELECT * REPLACE (
    without_nan(inputs) AS inputs,
    without_nan(output) AS output,
    without_nan(attributes) AS attributes,
    without_nan(summary) AS summary
)
FROM loose

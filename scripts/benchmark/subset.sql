-- The numbers of benchmark/peers/subset.py, as one JSON object.
WITH own AS (
    SELECT * FROM runs WHERE op = 'Orchestrator.run'
),
asked AS (
    SELECT * FROM lake.spans WHERE op = 'openai.chat.completions.create'
),
by_op AS (
    SELECT
        op,
        [
            count(*)::DOUBLE,
            count(*) FILTER (WHERE status = 'error'),
            avg(duration_s),
            quantile_cont(duration_s, 0.95)
        ] AS numbers
    FROM lake.spans
    GROUP BY op
),
by_day AS (
    SELECT
        day::VARCHAR AS day,
        [count(*), count(*) FILTER (WHERE outcome_claimed = 'pass')] AS numbers
    FROM own
    GROUP BY own.day
),
by_model AS (
    SELECT model, [sum(input_tokens), sum(output_tokens)]::DOUBLE[] AS numbers
    FROM asked
    WHERE model IS NOT NULL
    GROUP BY model
)
SELECT json_object(
    'calls', (SELECT count(*) FROM lake.spans),
    'runs', (SELECT count(*) FROM own),
    'passed', (SELECT count(*) FROM own WHERE outcome_claimed = 'pass'),
    'pass_rate',
    (SELECT count(*) FILTER (WHERE outcome_claimed = 'pass') / count(ended_at) FROM own),
    'run_mean_s', (SELECT avg(duration_s) FROM own),
    'run_p95_s', (SELECT quantile_cont(duration_s, 0.95) FROM own),
    'input_tokens', (SELECT sum(input_tokens) FROM asked),
    'output_tokens', (SELECT sum(output_tokens) FROM asked),
    'by_op', (SELECT json_group_object(op, numbers) FROM by_op),
    'by_day', (SELECT json_group_object(day, numbers) FROM by_day),
    'by_model', (SELECT json_group_object(model, numbers) FROM by_model)
);

-- What would go, and what there is: traces, runs and calls that go, runs and calls in all.
SELECT
    count(*),
    coalesce(sum(runs_count), 0)::BIGINT,
    coalesce(sum(calls_count), 0)::BIGINT,
    (SELECT count(*) FROM lake.runs),
    (SELECT count(*) FROM lake.spans)
FROM doomed;

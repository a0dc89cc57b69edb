-- One row per step and bug that it is about. A bug is what a test or verification failed on, or what was
-- diagnosed or patched. Steps that name no bug belong to the one named last before them, else first after
-- them, save tests: those are about the whole. A run that names none has one bug, with an empty id.
CREATE TEMPORARY TABLE bug_steps AS
WITH named AS (
    SELECT
        member.run_id AS run_id,
        spans.span_id AS span_id,
        spans.started_us AS started_us,
        ifNull(spans.ended_us, spans.started_us) AS ended_us,
        spans.status AS status,
        facts.role AS role,
        facts.passed AS passed,
        facts.bug_type AS bug_type,
        arrayDistinct(arrayFilter(found -> found IS NOT NULL, facts.bug_ids)) AS brought_up,
        arrayJoin(if(facts.role = 'test' AND notEmpty(brought_up), brought_up, [facts.bug_id])) AS named_id
    FROM facts
    INNER JOIN spans ON spans.span_id = facts.span_id
    INNER JOIN member ON member.span_id = facts.span_id
    WHERE facts.role IN ('test', 'diagnose', 'patch', 'verify')
)
SELECT
    run_id,
    span_id,
    started_us,
    ended_us,
    status,
    role,
    passed,
    bug_type,
    multiIf(
        named_id IS NOT NULL, named_id,
        role = 'test' AND count(named_id) OVER run > 0, NULL,
        coalesce(anyLast(named_id) OVER before, any(named_id) OVER run_ordered, '')
    ) AS bug_id
FROM named
WINDOW
    run AS (PARTITION BY run_id),
    run_ordered AS (
        PARTITION BY run_id ORDER BY started_us, span_id, named_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ),
    before AS (
        PARTITION BY run_id ORDER BY started_us, span_id, named_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )

-- One row: how many payloads, facts and notes belong to no call, and how many calls wait for their payload.
SELECT
    (SELECT count(*) FROM lake.payloads AS parts ANTI JOIN lake.spans USING (source, span_id))
    + (SELECT count(*) FROM lake.facts AS parts ANTI JOIN lake.spans USING (source, span_id))
    + (SELECT count(*) FROM lake.feedback AS parts ANTI JOIN lake.spans USING (source, span_id)) AS strays,
    (
        SELECT count(*)
        FROM lake.spans AS spans
        ANTI JOIN lake.payloads USING (source, span_id)
        WHERE spans.content_hash IS NOT NULL
    ) AS bare;

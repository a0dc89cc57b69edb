-- As calls, for an import that staged none.
CREATE OR REPLACE TEMP VIEW calls AS
SELECT
    spans.* EXCLUDE (agent, tool),
    spans.source_agent AS agent,
    spans.source_tool AS tool,
    payloads.inputs,
    payloads.output,
    payloads.attributes,
    NULL::VARCHAR AS feedback,
    NULL::VARCHAR AS filename,
    NULL::BIGINT AS file_row_number
FROM lake.spans AS spans
JOIN lake.payloads AS payloads USING (source, span_id)
LIMIT 0;

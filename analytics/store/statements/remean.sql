-- Every stored span gets the meaning that the presets now in force give its op.
UPDATE lake.spans AS spans
SET
    kind = coalesce(meanings.kind, spans.source_kind, 'other'),
    preset = meanings.preset,
    role = meanings.role,
    agent = coalesce(spans.source_agent, meanings.agent),
    tool = CASE WHEN coalesce(meanings.kind, spans.source_kind) = 'tool'
        THEN coalesce(spans.source_tool, meanings.tool, spans.op) END
FROM meanings
WHERE meanings.op = spans.op;

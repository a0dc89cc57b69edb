-- Every stored span gets the meaning that the presets now in force give its op.
UPDATE lake.spans AS spans
SET
    kind = coalesce(meanings.kind, 'other'),
    preset = meanings.preset,
    role = meanings.role,
    agent = meanings.agent,
    tool = meanings.tool
FROM meanings
WHERE meanings.op = spans.op;

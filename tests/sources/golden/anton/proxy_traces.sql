-- What the proxy would have written; the test makes the database of it.
CREATE TABLE traces (
    trace_id TEXT PRIMARY KEY, task_id TEXT, created_at TIMESTAMP, task_description TEXT, status TEXT
);
CREATE TABLE llm_calls (
    call_id TEXT PRIMARY KEY, trace_id TEXT, parent_id TEXT, created_at TIMESTAMP, provider TEXT, model TEXT,
    messages JSON, response TEXT, finish_reason TEXT, duration_ms REAL, tokens_input INTEGER,
    tokens_output INTEGER, cost_usd REAL, agent_name TEXT, error TEXT
);
CREATE TABLE call_graph (
    edge_id TEXT PRIMARY KEY, trace_id TEXT, from_call_id TEXT, to_call_id TEXT, edge_type TEXT
);
INSERT INTO traces VALUES
    ('done', 'task-1', '2026-03-02 08:00:00', 'Fix the cart.', 'completed'),
    ('broken', 'task-1', '2026-03-02 08:10:00', 'Fix the cart.', 'failed'),
    ('open', NULL, '2026-03-02 08:20:00', NULL, 'running');
INSERT INTO llm_calls VALUES
    ('c1', 'done', NULL, '2026-03-02T10:00:00.000000', 'claude', 'claude-sonnet-4', '[{"role": "user"}]',
     'Ask the coder.', 'end_turn', 2000.0, 1000, 100, 0.0045, 'orchestrator', NULL),
    ('c2', 'done', NULL, '2026-03-02T10:00:03.000000', 'claude', 'claude-sonnet-4', '[]',
     'Fixed.', 'end_turn', 4500.0, 2000, 200, 0.009, 'coder', NULL),
    ('c3', 'broken', NULL, '2026-03-02T10:10:00.000000', 'openai', 'home-made', '[]',
     'Hm.', 'stop', 1000.0, 300, 30, 0.0, 'unknown', NULL),
    ('c4', 'broken', NULL, '2026-03-02T10:10:02.000000', 'openai', 'home-made', 'not json',
     NULL, NULL, NULL, NULL, NULL, NULL, 'coder', 'connection refused'),
    ('c5', 'open', NULL, '2026-03-02T10:20:00.000000', 'openai', 'gpt-4o', '[]',
     NULL, NULL, NULL, NULL, NULL, NULL, 'coder', NULL);
INSERT INTO call_graph VALUES ('e1', 'done', 'c1', 'c2', 'delegation');

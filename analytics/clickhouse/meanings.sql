-- One row per op as calls name it: what the presets say of it.
CREATE TEMPORARY TABLE meanings (
    op_name String,
    op String,
    op_version Nullable(String),
    preset Nullable(String),
    role Nullable(String),
    kind Nullable(String),
    agent Nullable(String),
    tool Nullable(String)
)

"""What is kept beside the spans: imports, rejects, revisions, verdicts, prices, settings."""

from analytics.schema.spans import IDENTITY
from analytics.schema.table import Field, Table

REJECTS = Table(
    "rejects",
    "One record that could not be read, or was left out, and why.",
    (
        Field("import_id", "BIGINT", "Import that met it.", required=True),
        Field("file", "VARCHAR", "File or address it came from.", required=True),
        Field(
            "line", "BIGINT", "1-based line, or position of the record where lines mean nothing."
        ),
        Field("reason", "VARCHAR", "Why it was left out.", required=True),
        Field("excerpt", "VARCHAR", "Its first characters, secrets taken out."),
    ),
)

IMPORTS = Table(
    "imports",
    "One import or sync that was committed.",
    (
        Field("import_id", "BIGINT", "1, 2, 3 ...", required=True),
        Field("imported_at", "TIMESTAMP", "When it was committed.", required=True),
        Field("origin", "VARCHAR", "What was asked for: paths or an address.", required=True),
        Field("formats", "VARCHAR", "Formats that were recognised, comma-separated."),
        Field("new_count", "BIGINT", "Calls (of reports: verdicts) that were not in the store."),
        Field("changed_count", "BIGINT", "Calls or verdicts that differ from what was stored."),
        Field(
            "unchanged_count", "BIGINT", "Calls or verdicts that were stored already, as they are."
        ),
        Field("rejected_count", "BIGINT", "Records that could not be read."),
        Field(
            "runs_count",
            "BIGINT",
            "Runs whose numbers were worked out again, or that reports speak of.",
        ),
        Field("seconds", "DOUBLE", "How long it took."),
        Field("demo", "BOOLEAN", "Whether these are the bundled traces."),
        Field("snapshot_before", "BIGINT", "State of the store that the import met."),
    ),
    key=("import_id",),
)

VERDICTS = Table(
    "verdicts",
    "What one report said of one run or task: the outcome as somebody else verified it.",
    (
        Field("origin", "VARCHAR", "Report it came from.", required=True),
        Field("key_kind", "VARCHAR", "run or task: what the key names.", required=True),
        Field("key", "VARCHAR", "Run id or task.", required=True),
        Field(
            "variant", "VARCHAR", "Only runs of this variant or model, where the report says so."
        ),
        Field("kind", "VARCHAR", "tests, list, merge or ci: what kind of evidence.", required=True),
        Field("passed", "BOOLEAN", "Whether it passed; unknown where the check itself broke."),
        Field("found_at", "TIMESTAMP", "When it was found, where the report says so."),
        Field("evidence", "VARCHAR", "What was found, in the report's words."),
        Field("import_id", "BIGINT", "Import that brought it.", required=True),
    ),
    key=("origin", "key_kind", "key", "variant"),
)

CODE_REPORTS = Table(
    "code_reports",
    "What a repository says one run did to its code.",
    (
        Field("source", "VARCHAR", "System that wrote the trace.", required=True),
        Field("run_id", "VARCHAR", "The run.", required=True),
        Field("repo", "VARCHAR", "Repository that was read.", required=True),
        Field("commits", "BIGINT", "Commits of the run."),
        Field("files_created", "BIGINT", "Files that they create."),
        Field("files_modified", "BIGINT", "Files that they change."),
        Field("files_deleted", "BIGINT", "Files that they delete."),
        Field("lines_added", "BIGINT", "Lines that they add."),
        Field("lines_removed", "BIGINT", "Lines that they remove."),
        Field("coverage", "DOUBLE", "Share of the code that tests cover, 0..1."),
        Field("import_id", "BIGINT", "Import that brought it.", required=True),
    ),
    key=("source", "run_id"),
)

PRICES = Table(
    "prices",
    "What tokens of one model cost in one period and tier, in US dollars a million.",
    (
        Field("provider", "VARCHAR", "Provider as the calls name it; NULL where they do not."),
        Field("model", "VARCHAR", "Model as the calls name it.", required=True),
        Field("priced_as", "VARCHAR", "Provider and model whose price it is."),
        Field("valid_from", "TIMESTAMP", "Calls that began before are priced otherwise."),
        Field("valid_until", "TIMESTAMP", "Calls that began then or later, too."),
        Field("from_time", "TIME", "Where the price depends on the hour: from when on, UTC."),
        Field("until_time", "TIME", "And until when; NULL is midnight."),
        Field("tier_from_tokens", "BIGINT", "Calls with fewer input tokens are priced otherwise."),
        Field("tier_until_tokens", "BIGINT", "Calls with as many or more, too."),
        Field("input_usd", "DOUBLE", "A million tokens sent, uncached."),
        Field("cache_read_usd", "DOUBLE", "A million tokens read from a cache."),
        Field("cache_write_usd", "DOUBLE", "A million tokens written to a cache for minutes."),
        Field("cache_write_1h_usd", "DOUBLE", "A million tokens written to a cache for an hour."),
        Field("output_usd", "DOUBLE", "A million tokens received."),
        Field("reasoning_usd", "DOUBLE", "A million tokens that the model thought with."),
        Field("request_usd", "DOUBLE", "Each call, whatever its tokens."),
        Field("basis", "VARCHAR", "genai-prices, override or unpriced.", required=True),
    ),
)

REVISIONS = Table(
    "revisions",
    "One field of one span that an import changed; of source report, one verdict of one report.",
    (
        *IDENTITY,
        Field("import_id", "BIGINT", "Import that changed it.", required=True),
        Field("field", "VARCHAR", "Name of the column.", required=True),
        Field("old_value", "VARCHAR", "What was stored before."),
        Field("new_value", "VARCHAR", "What is stored now."),
    ),
)

INPUT_FILES = Table(
    "input_files",
    "How far one file has been read, so that a growing file is read on from there.",
    (
        Field("path", "VARCHAR", "Absolute path.", required=True),
        Field("size_bytes", "BIGINT", "Bytes read so far, up to the last complete line."),
        Field("head_hash", "VARCHAR", "Digest of the first bytes: tells a replaced file."),
        Field("lines_count", "BIGINT", "Complete lines read so far."),
        Field("import_id", "BIGINT", "Import that read it last."),
    ),
    key=("path",),
)

SYNC_STATE = Table(
    "sync_state",
    "Where the next pull from one remote project begins.",
    (
        Field("origin", "VARCHAR", "Address and project.", required=True),
        Field("watermark_at", "TIMESTAMP", "Everything that ended before this has been seen."),
        Field("import_id", "BIGINT", "Import that moved it last."),
    ),
    key=("origin",),
)

SETTINGS = Table(
    "settings",
    "One setting of the store.",
    (
        Field("name", "VARCHAR", "schema_version, semantics, prices or rules.", required=True),
        Field("value", "VARCHAR", "Its value, as JSON text.", required=True),
    ),
    key=("name",),
)

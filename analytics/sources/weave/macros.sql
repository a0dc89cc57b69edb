-- ISO 8601 text to UTC; without an offset it is UTC. Anything else (words, bare dates, numbers): NULL.
CREATE OR REPLACE TEMP MACRO utc(written) AS
    CASE
        WHEN NOT regexp_matches(written, '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}') THEN NULL
        -- With a zone of its own; most times end in Z, which the search would find out more slowly.
        WHEN NOT ends_with(written, 'Z') AND regexp_matches(written, ':[0-9.]+[+-][0-9]{2}(?::?[0-9]{2})?$')
            THEN try_cast(written AS TIMESTAMPTZ) AT TIME ZONE 'UTC'
        ELSE try_cast(written AS TIMESTAMP)
    END;

-- Why a raw call cannot be kept; NULL where it can.
CREATE OR REPLACE TEMP MACRO call_fault(id, trace_id, op_name, started_at) AS
    CASE
        WHEN coalesce(id, '') = '' THEN 'id is missing'
        WHEN coalesce(trace_id, '') = '' THEN 'trace_id is missing'
        WHEN coalesce(op_name, '') = '' THEN 'op_name is missing'
        WHEN coalesce(started_at, '') = '' THEN 'started_at is missing'
        WHEN utc(started_at) IS NULL THEN 'started_at is not a time'
    END;

-- The two cheap searches come first: they are all that a sound record costs.
CREATE OR REPLACE TEMP MACRO without_nan(json) AS
    CASE
        WHEN (contains(json, 'NaN') OR contains(json, 'Infinity'))
            AND regexp_matches(json, '(?:^|[\[:,])-?(?:NaN|Infinity)(?:$|[\],}])')
            THEN error('NaN is not JSON')
        ELSE json
    END;

-- A text as JSON; NULL where it is none, which NaN is not either.
CREATE OR REPLACE TEMP MACRO sound_json(written) AS
    CASE
        WHEN written <> '' AND json_valid(written)
            AND NOT regexp_matches(written, '(?:^|[\[:,])\s*-?(?:NaN|Infinity)\s*(?:$|[\],}])')
            THEN written::JSON
    END;

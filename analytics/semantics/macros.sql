-- Casts that leave NULL where the text is not such a value; what is no number, or endless, is none either.
CREATE OR REPLACE TEMP MACRO as_bigint(t) AS coalesce(TRY_CAST(t AS BIGINT), TRY_CAST(TRY_CAST(t AS DOUBLE) AS BIGINT));
CREATE OR REPLACE TEMP MACRO as_double(t) AS
    CASE WHEN isfinite(TRY_CAST(t AS DOUBLE)) THEN TRY_CAST(t AS DOUBLE) END;
CREATE OR REPLACE TEMP MACRO as_boolean(t) AS TRY_CAST(t AS BOOLEAN);
-- Whether every yes or no in a list is a yes; NULL where it holds none.
CREATE OR REPLACE TEMP MACRO all_true(texts) AS CASE list_bool_and(list_transform(
    texts, lambda t: CASE t WHEN 'true' THEN true WHEN 'false' THEN false END
)) WHEN true THEN 'true' WHEN false THEN 'false' END;
CREATE OR REPLACE TEMP MACRO filled(texts) AS CASE WHEN len(texts) > 0 THEN texts END;

-- What a unified diff changes; NULL where the text is no diff. Most texts are none, which is cheap to tell.
CREATE OR REPLACE TEMP MACRO is_git_diff(told) AS
    CASE WHEN contains(told, 'diff --git ') THEN regexp_matches(told, '(^|\n)diff --git ') ELSE false END;
CREATE OR REPLACE TEMP MACRO is_plain_diff(told) AS CASE WHEN contains(told, '@@')
    THEN regexp_matches(told, '(^|\n)--- [^\n]*\n\+\+\+ [^\n]*\n@@') ELSE false END;
CREATE OR REPLACE TEMP MACRO is_diff(told) AS is_git_diff(told) OR is_plain_diff(told)
    OR CASE WHEN contains(told, '@@') THEN regexp_matches(told, '(^|\n)@@ -\d') ELSE false END;
-- What ends a mailed patch, and headers that git did not write, begin like lines of a hunk.
CREATE OR REPLACE TEMP MACRO diff_unsigned(told) AS
    regexp_replace(chr(10) || told, '\n-- \r?(\n[0-9])', '\1', 'g');
CREATE OR REPLACE TEMP MACRO diff_marked(told) AS CASE WHEN is_git_diff(told) THEN diff_unsigned(told)
    ELSE regexp_replace(diff_unsigned(told), '\n--- [^\n]*\n\+\+\+ [^\n]*(\n@@)', '\1', 'g') END;
-- The lines below each @@, as far as they are a hunk's.
CREATE OR REPLACE TEMP MACRO diff_hunks(told) AS list_transform(
    regexp_split_to_array(diff_marked(told), '\n@@')[2:],
    lambda part: regexp_extract(part, '^[^\n]*((?:\n[ +\-\\][^\n]*|\n\r?)*)', 1)
);
-- One text per file: its block where git made the diff, else its header.
CREATE OR REPLACE TEMP MACRO diff_files(told) AS CASE
    -- What is above the first @@ is not the file's text.
    WHEN is_git_diff(told) THEN list_transform(
        regexp_split_to_array(chr(10) || told, '\ndiff --git ')[2:],
        lambda block: regexp_split_to_array(block, '\n@@')[1]
    )
    WHEN is_plain_diff(told) THEN regexp_extract_all(chr(10) || told, '\n--- [^\n]*\n\+\+\+ [^\n]*\n@@')
END;
-- The parts in which changes are counted: to be worked out once for all counts. NULL where the text is no diff.
CREATE OR REPLACE TEMP MACRO diff_parts(told) AS
    CASE WHEN is_diff(told) THEN {'hunks': diff_hunks(told), 'files': diff_files(told)} END;

CREATE OR REPLACE TEMP MACRO diff_lines(parts, sign) AS CASE WHEN parts IS NOT NULL
    THEN coalesce(list_sum(list_transform(
        parts.hunks, lambda hunk: strlen(hunk) - strlen(replace(hunk, chr(10) || sign, sign))
    )), 0)::BIGINT END;
CREATE OR REPLACE TEMP MACRO diff_lines_added(parts) AS diff_lines(parts, '+');
CREATE OR REPLACE TEMP MACRO diff_lines_removed(parts) AS diff_lines(parts, '-');
CREATE OR REPLACE TEMP MACRO diff_files_like(parts, pattern) AS
    len(list_filter(parts.files, lambda part: regexp_matches(part, pattern)));
CREATE OR REPLACE TEMP MACRO diff_files_created(parts) AS
    diff_files_like(parts, '\n(new file mode|--- /dev/null)');
CREATE OR REPLACE TEMP MACRO diff_files_deleted(parts) AS
    diff_files_like(parts, '\n(deleted file mode|\+\+\+ /dev/null)');
CREATE OR REPLACE TEMP MACRO diff_files_modified(parts) AS
    len(parts.files) - diff_files_created(parts) - diff_files_deleted(parts);

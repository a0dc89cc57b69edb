-- Casts that leave NULL where the text is not such a value.
CREATE OR REPLACE TEMP MACRO as_bigint(t) AS coalesce(TRY_CAST(t AS BIGINT), TRY_CAST(TRY_CAST(t AS DOUBLE) AS BIGINT));
CREATE OR REPLACE TEMP MACRO as_double(t) AS TRY_CAST(t AS DOUBLE);
CREATE OR REPLACE TEMP MACRO as_boolean(t) AS TRY_CAST(t AS BOOLEAN);
-- Whether every yes or no in a list is a yes; NULL where it holds none.
CREATE OR REPLACE TEMP MACRO all_true(texts) AS CASE list_bool_and(list_transform(
    texts, lambda t: CASE t WHEN 'true' THEN true WHEN 'false' THEN false END
)) WHEN true THEN 'true' WHEN false THEN 'false' END;
CREATE OR REPLACE TEMP MACRO filled(texts) AS CASE WHEN len(texts) > 0 THEN texts END;

-- What a unified diff changes; NULL where the text is no diff.
CREATE OR REPLACE TEMP MACRO is_diff(told) AS
    regexp_matches(told, '(^|\n)(diff --git |--- [^\n]*\n\+\+\+ |@@ -\d)');
-- Headers go first: they begin like lines.
CREATE OR REPLACE TEMP MACRO diff_lines(told, pattern) AS CASE WHEN is_diff(told)
    THEN len(regexp_extract_all(
        regexp_replace(chr(10) || told, '\n--- [^\n]*\n\+\+\+ [^\n]*', '', 'g'), pattern
    )) END;
CREATE OR REPLACE TEMP MACRO diff_lines_added(told) AS diff_lines(told, '\n\+');
CREATE OR REPLACE TEMP MACRO diff_lines_removed(told) AS diff_lines(told, '\n-');
-- One text per file: its block where git made the diff, else its header.
CREATE OR REPLACE TEMP MACRO diff_files(told, pattern) AS
    CASE WHEN regexp_matches(told, '(^|\n)(diff --git |--- [^\n]*\n\+\+\+ )')
    THEN len(list_filter(
        CASE WHEN regexp_matches(told, '(^|\n)diff --git ')
            THEN regexp_split_to_array(chr(10) || told, '\ndiff --git ')[2:]
            ELSE regexp_extract_all(chr(10) || told, '\n--- [^\n]*\n\+\+\+ [^\n]*') END,
        lambda part: regexp_matches(part, pattern)
    )) END;
CREATE OR REPLACE TEMP MACRO diff_files_created(told) AS
    diff_files(told, '\n(new file mode|--- /dev/null)');
CREATE OR REPLACE TEMP MACRO diff_files_deleted(told) AS
    diff_files(told, '\n(deleted file mode|\+\+\+ /dev/null)');
CREATE OR REPLACE TEMP MACRO diff_files_modified(told) AS
    diff_files(told, '') - diff_files_created(told) - diff_files_deleted(told);

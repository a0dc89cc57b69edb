WITH
    -- Casts that leave NULL where the text is not such a value; halves are rounded away from zero.
    (told -> if(told < 0, ceil(told - 0.5), floor(told + 0.5))) AS rounded,
    (told -> coalesce(toInt64OrNull(told), accurateCastOrNull(rounded(toFloat64OrNull(told)), 'Int64'))) AS as_bigint,
    (told -> if(isFinite(toFloat64OrNull(told)), toFloat64OrNull(told), NULL)) AS as_double,
    (told -> multiIf(
        lower(told) IN ('true', 't', 'yes', 'y', '1'), true,
        lower(told) IN ('false', 'f', 'no', 'n', '0'), false,
        NULL
    )) AS as_boolean,
    -- Whether every yes or no in a list is a yes; NULL where it holds none.
    (texts -> multiIf(has(texts, 'false'), 'false', has(texts, 'true'), 'true', NULL)) AS all_true,
    (texts -> arrayFilter(found -> found <> '', texts)) AS filled,
    (whole -> arrayMap(pair -> pair.2, JSONExtractKeysAndValuesRaw(whole))) AS json_values,

    -- A call's attributes, with the span that it was made of where there is one.
    ((span, own) -> if(
        JSONType(ifNull(span, '')) = 'Object',
        concat('{"otel_span":', span, if(ifNull(own, '') IN ('', '{}'), '}', concat(',', substring(own, 2)))),
        own
    )) AS attributes_of,

    -- What a unified diff changes; NULL where the text is no diff.
    (told -> match(told, '(^|\n)diff --git ')) AS is_git_diff,
    (told -> match(told, '(^|\n)--- [^\n]*\n\\+\\+\\+ [^\n]*\n@@')) AS is_plain_diff,
    (told -> is_git_diff(told) OR is_plain_diff(told) OR match(told, '(^|\n)@@ -\\d')) AS is_diff,
    -- What ends a mailed patch, and headers that git did not write, begin like lines of a hunk.
    (told -> replaceRegexpAll(concat('\n', ifNull(told, '')), '\n-- \r?(\n[0-9])', '\\1')) AS diff_unsigned,
    (told -> if(
        is_git_diff(told),
        diff_unsigned(told),
        replaceRegexpAll(diff_unsigned(told), '\n--- [^\n]*\n\\+\\+\\+ [^\n]*(\n@@)', '\\1')
    )) AS diff_marked,
    -- The lines below each @@, as far as they are a hunk's.
    (told -> arrayMap(
        part -> extract(part, '^[^\n]*((?:\n[ +\\-\\\\][^\n]*|\n\r?)*)'),
        arraySlice(splitByString('\n@@', diff_marked(told)), 2)
    )) AS diff_hunks,
    (told -> if(
        is_diff(told), arraySum(arrayMap(hunk -> countMatches(hunk, '\n\\+'), diff_hunks(told))), NULL
    )) AS diff_lines_added,
    (told -> if(
        is_diff(told), arraySum(arrayMap(hunk -> countMatches(hunk, '\n-'), diff_hunks(told))), NULL
    )) AS diff_lines_removed,
    -- One text per file: its block where git made the diff, above the first @@; else its header.
    (told -> if(
        is_git_diff(told),
        arrayMap(
            block -> splitByString('\n@@', block)[1],
            arraySlice(splitByString('\ndiff --git ', concat('\n', ifNull(told, ''))), 2)
        ),
        extractAll(concat('\n', ifNull(told, '')), '\n--- [^\n]*\n\\+\\+\\+ [^\n]*\n@@')
    )) AS diff_files,
    (told -> is_git_diff(told) OR is_plain_diff(told)) AS tells_files,
    (told -> arrayCount(
        part -> match(part, '\n(new file mode|--- /dev/null)'), diff_files(told)
    )) AS created_in,
    (told -> arrayCount(
        part -> match(part, '\n(deleted file mode|\\+\\+\\+ /dev/null)'), diff_files(told)
    )) AS deleted_in,
    (told -> if(tells_files(told), created_in(told), NULL)) AS diff_files_created,
    (told -> if(tells_files(told), deleted_in(told), NULL)) AS diff_files_deleted,
    (told -> if(
        tells_files(told), toInt64(length(diff_files(told))) - created_in(told) - deleted_in(told), NULL
    )) AS diff_files_modified

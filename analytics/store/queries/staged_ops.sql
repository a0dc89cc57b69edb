-- One row per op of the staged calls: how many there are of it, and how many bytes their texts take up.
SELECT
    op,
    count(*),
    sum(
        coalesce(strlen(inputs), 0) + coalesce(strlen(output), 0) + coalesce(strlen(attributes), 0)
        + coalesce(strlen(feedback), 0) + coalesce(strlen(error_message), 0)
    )
FROM calls
GROUP BY op;

-- One row per clue of a report and run or task that it stands for.
WITH named AS (
    SELECT DISTINCT run_id, task, attempt, lower(commit_sha) AS sha FROM lake.runs
)
SELECT clues.saying, clues.clue, 'run' AS stands_for, named.run_id AS key
FROM clues
JOIN named ON clues.names IN ('run', 'any') AND named.run_id = clues.text
UNION
SELECT clues.saying, clues.clue, 'task' AS stands_for, named.task AS key
FROM clues
JOIN named ON clues.names IN ('task', 'any') AND named.task = clues.text AND clues.attempt IS NULL
UNION
-- A run that does not say which attempt it is, is the first.
SELECT clues.saying, clues.clue, 'run' AS stands_for, named.run_id AS key
FROM clues
JOIN named
    ON clues.names IN ('task', 'any') AND named.task = clues.text AND clues.attempt = coalesce(named.attempt, 1)
UNION
-- Commits are often written by their first characters.
SELECT clues.saying, clues.clue, 'run' AS stands_for, named.run_id AS key
FROM clues
JOIN named
    ON clues.names = 'commit' AND left(named.sha, 7) = left(clues.text, 7) AND length(named.sha) >= 7
    AND (starts_with(named.sha, clues.text) OR starts_with(clues.text, named.sha))
ORDER BY ALL;

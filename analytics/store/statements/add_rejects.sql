-- A record that was refused before is the same reject, of the newest import that met it.
DELETE FROM lake.rejects AS target USING new_rejects
WHERE target.file = new_rejects.file
    AND target.line IS NOT DISTINCT FROM new_rejects.line
    AND target.reason = new_rejects.reason
    AND target.excerpt IS NOT DISTINCT FROM new_rejects.excerpt;

INSERT INTO lake.rejects SELECT DISTINCT * FROM new_rejects;

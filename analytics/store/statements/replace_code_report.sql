-- What a repository says of one run takes the place of what was said before.
INSERT INTO lake.code_reports
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, max(import_id) FROM lake.imports;

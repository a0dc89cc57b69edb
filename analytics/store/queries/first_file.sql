-- Some file of a folder or a bucket: one row, or none where it is empty.
SELECT file FROM glob($1) LIMIT 1;

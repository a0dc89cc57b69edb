-- One row per file of a folder or a bucket, with its size in bytes: none is opened.
SELECT filename, size FROM read_blob($1);

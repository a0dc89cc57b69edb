"""Every number that is shown: declared in catalog, worked out by evaluate. Reads views, never files."""

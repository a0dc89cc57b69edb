"""Metrics worked out where the calls already are: on the ClickHouse tables of a self-managed Weave.

No call leaves the server. A session makes narrow temporary tables there (spans, facts, runs, fixes ...),
each by one .sql file of this package, and the catalog's aggregates are compiled to ClickHouse over them.
The session is read-only for everything else, and what it made goes with it. ClickHouse 24.4 or newer.
"""

"""Where rows live: one folder that holds a DuckLake, its rollups, and what processes keep in memory of it."""

"""Takes what the store holds out of it: every table as files, or the overview as one page."""

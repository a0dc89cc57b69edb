"""The shop's own tests; unittest, so that they run without any package installed."""

"""Other tools on the same calls, each in an environment of its own: bench.py --peers."""

"""What scripts/bench.py measures, and the calls that it measures with."""

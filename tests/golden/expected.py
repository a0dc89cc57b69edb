"""What the metrics must say of each golden trace, worked out by hand: <state>.json, beside its trace.

A metric that a state does not name has no value there; a count that it does not name is 0. A rate says
its hits of n, the rows that nobody knows and those that may be excused; anything else is its value.
"""

import json
from pathlib import Path

from tests.oracle import Expected

FOLDER = Path(__file__).parent


def expected(state: str) -> dict[str, Expected | float]:
    """Return the numbers of one state, by metric."""
    told = json.loads((FOLDER / f"{state}.json").read_text("utf-8"))
    return {
        name: _rate(**value) if isinstance(value, dict) else value for name, value in told.items()
    }


def _rate(hits: int, n: int, unknown: int = 0, excusable: int = 0) -> Expected:
    among = n + unknown if unknown or excusable else None
    return Expected(
        value=hits / n if n else None,
        n=n,
        hits=hits,
        missing=unknown,
        floor=hits / among if among else None,
        ceiling=(hits + unknown + excusable) / among if among else None,
    )

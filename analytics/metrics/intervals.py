"""95 % intervals of rates, means and ratios. Pure arithmetic on moments; no data, no DuckDB."""

from collections.abc import Mapping
from math import sqrt
from typing import Any

_Z = 1.959963984540054
"""97.5 % point of the normal distribution."""


def wilson(rate: float, n: int) -> tuple[float, float]:
    """Return Wilson's interval of a rate seen in n independent trials.

    >>> [round(end, 4) for end in wilson(0.5, 10)]
    [0.2366, 0.7634]
    """
    if n == 0:
        return 0.0, 1.0
    centre = (rate + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * sqrt(rate * (1 - rate) / n + _Z**2 / (4 * n**2))
    return max(centre - half, 0.0), min(centre + half, 1.0)


def cluster_interval(ratio: float, moments: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Return the interval of a ratio of sums whose independent units are clusters.

    Args:
        ratio: sum of y over sum of x.
        moments: ``x`` (sum), ``yy``, ``xy``, ``xx`` (sums over clusters of products), ``units``.

    Returns:
        Both ends, or None twice where there are fewer than two clusters.
    """
    from scipy.special import stdtrit

    units = int(moments["units"])
    if units < 2:
        return None, None
    spread = moments["yy"] - 2 * ratio * moments["xy"] + ratio**2 * moments["xx"]
    variance = units / (units - 1) * max(float(spread), 0.0) / float(moments["x"]) ** 2
    half = float(stdtrit(units - 1, 0.975)) * sqrt(variance)
    return ratio - half, ratio + half

"""What declares a metric."""

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from analytics.metrics.aggregates import Aggregate


class Unit(Enum):
    """What a value is measured in."""

    SHARE = "share"
    """0..1, shown as per cent."""
    SECONDS = "seconds"
    USD = "US dollars"
    TOKENS = "tokens"
    COUNT = "count"
    PER_RUN = "per run"
    PER_CYCLE = "per cycle"
    SCORE = "score"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One number: what it says, of which view, and which way is better."""

    name: str
    title: str
    doc: str
    """What is measured, over what, and what is left out. Users read this."""
    view: Literal[
        "runs",
        "fixes",
        "agent_runs",
        "usage",
        "tool_usage",
        "tool_calls",
        "pipelines",
        "debugging_cycles",
    ]
    of: Aggregate
    unit: Unit
    better: Literal["higher", "lower"] | None
    """None where neither way is, as for totals, which grow with the number of runs: then no change is
    coloured."""
    of_what: str
    """What n counts, in the plural: runs, bugs ..."""
    not_on_clickhouse: str | None = None
    """Why it cannot be worked out on Weave's own tables in ClickHouse, as a clause; None where it can."""

"""All rows that the numbers are made of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tests.oracle.records import Raw
from tests.oracle.rows import Bug, Run, runs_of
from tests.oracle.spending import Share, Spend, shares_of, spends_of
from tests.oracle.work import (
    Cycle,
    Part,
    Pipeline,
    ToolUse,
    cycles_of,
    parts_of,
    pipelines_of,
    tools_of,
)


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Every table."""

    runs: list[Run]
    bugs: list[Bug]
    parts: list[Part]
    tools: list[ToolUse]
    pipelines: list[Pipeline]
    cycles: list[Cycle]
    spends: list[Spend]
    shares: list[Share]


def rows_of(raws: Iterable[Raw], now: datetime) -> Rows:
    """Work out every row from the raw calls."""
    calls, runs = runs_of(raws, now)
    by_id = {call.id: call for call in calls}
    spends = spends_of(calls, runs)
    return Rows(
        runs=runs,
        bugs=[bug for run in runs for bug in run.bugs],
        parts=[part for run in runs for part in parts_of(run)],
        tools=[use for run in runs for use in tools_of(run, by_id)],
        pipelines=[pipeline for run in runs for pipeline in pipelines_of(run)],
        cycles=[cycle for run in runs for cycle in cycles_of(run)],
        spends=spends,
        shares=shares_of(spends),
    )

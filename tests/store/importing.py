"""A process that imports without end, to be killed in the middle. Run by ``test_crash``."""

import os
from collections.abc import Mapping

from analytics.store import lake
from analytics.store.location import Store
from tests.chain import bring
from tests.golden.make import calls
from tests.traces import Raw

STATES = ("two_bugs", "retried_task", "weave_evaluation", "crashed_orphans")


def batch(number: int) -> list[Raw]:
    """Return the calls of one import, none of which another one has."""
    keys = ("id", "trace_id", "parent_id")
    return [
        {**raw, **{key: raw[key] and f"{number}:{raw[key]}" for key in keys}}
        for state in STATES
        for raw in calls(state)
    ]


def work(store: Store, first: int, environment: Mapping[str, str] | None = None) -> None:
    """Import one batch after the other."""
    os.environ.update(environment or {})
    with lake.writer(store) as con:
        number = first
        while True:
            bring(con, store, batch(number))
            number += 1

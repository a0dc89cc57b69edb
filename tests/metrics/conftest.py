"""The golden traces, stored once for all tests of this folder."""

from pathlib import Path

import pytest

from analytics.store import lake
from tests.chain import bring
from tests.golden.make import STATES, calls


@pytest.fixture(scope="session")
def golden_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of all golden traces; each state is filed under the project golden/<state>."""
    store = tmp_path_factory.mktemp("golden") / "store"
    with lake.writer(store) as con:
        bring(con, store, [raw for name in STATES for raw in calls(name)])
    return store

"""An empty store to copy: making one takes longer than filling it."""

from pathlib import Path

import pytest

from analytics.store import lake


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store without a single import, closed."""
    store = tmp_path_factory.mktemp("empty") / "store"
    with lake.writer(store):
        pass
    return store

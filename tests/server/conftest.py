"""One store and one dashboard for all tests that only look."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analytics import sync
from tests.dashboard import traces
from tests.server.launch import Served, serving


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with some days of an invented team's runs."""
    folder = tmp_path_factory.mktemp("served")
    runs = traces.history(4, until=datetime.now(UTC).replace(tzinfo=None))
    file = traces.write(folder / "traces.jsonl", runs)
    sync.import_paths(folder / "store", [str(file)])
    return folder / "store"


@pytest.fixture(scope="session")
def served(store: Path) -> Iterator[Served]:
    """A dashboard of that store, on loopback and without a token."""
    with serving(store) as served:
        yield served

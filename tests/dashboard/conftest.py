"""Stores in the states that a page must show."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from analytics import sync
from analytics.store.reader import Reader
from tests.dashboard.traces import HOSTILE, Run, history, running, write

NEWEST = datetime(2026, 11, 20, 18)
"""When the invented history ends."""

TmpPaths = pytest.TempPathFactory


def imported(folder: Path, file: Path) -> Path:
    store = folder / "store"
    sync.import_paths(store, [str(file)])
    return store


@pytest.fixture(scope="session")
def full_store(tmp_path_factory: TmpPaths) -> Path:
    """Thirty days of six runs a day; the second half has a new and better variant."""
    folder = tmp_path_factory.mktemp("full")
    return imported(folder, write(folder / "calls.jsonl", history(30, until=NEWEST)))


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: TmpPaths) -> Path:
    """A place where no store has been made."""
    return tmp_path_factory.mktemp("empty") / "store"


@pytest.fixture(scope="session")
def running_store(tmp_path_factory: TmpPaths) -> Path:
    """Three runs, all under way."""
    folder = tmp_path_factory.mktemp("running")
    now = datetime.now(UTC).replace(tzinfo=None)
    return imported(folder, write(folder / "calls.jsonl", running(now)))


@pytest.fixture(scope="session")
def hostile_store(tmp_path_factory: TmpPaths) -> Path:
    """Runs whose every text tries to become markup."""
    folder = tmp_path_factory.mktemp("hostile")
    bugs = [(f"{text} {n}", text, text, text, n) for n, text in enumerate(HOSTILE)]
    runs = [
        Run(at=NEWEST, bug=bug, variant=bug[1], model=bug[1], error=bug[1], fixed=False)
        for bug in bugs
    ]
    return imported(folder, write(folder / "calls.jsonl", runs))


@pytest.fixture(
    scope="session", params=["full_store", "empty_store", "running_store", "hostile_store"]
)
def any_store(request: pytest.FixtureRequest) -> Path:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def full(full_store: Path) -> Reader:
    return Reader(full_store, now=NEWEST)


@pytest.fixture(scope="session")
def empty(empty_store: Path) -> Reader:
    return Reader(empty_store, now=NEWEST)

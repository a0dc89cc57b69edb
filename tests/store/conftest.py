"""Empty stores to copy: making one takes longer than filling it.

A test marked every_store runs over each kind.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.chain import laid_out
from tests.store.team import BUCKET, Postgres, TeamBlank, bucket_server, postgres_server

KINDS = ("folder", "shared", "bucket")
"""A folder with SQLite; PostgreSQL and a shared folder; PostgreSQL and a bucket."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "store_kind" in metafunc.fixturenames:
        every = metafunc.definition.get_closest_marker("every_store")
        metafunc.parametrize(
            "store_kind", KINDS if every else KINDS[:1], indirect=True, scope="module"
        )


@pytest.fixture(scope="module")
def store_kind(request: pytest.FixtureRequest) -> str:
    """The kind of store that the test is run over."""
    return request.param


@pytest.fixture(scope="session")
def empty_store() -> Path:
    """The folder of a store without a single import, closed."""
    return laid_out()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server on loopback."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def bucket() -> Iterator[Mapping[str, str]]:
    """The environment that finds an S3-compatible server on loopback."""
    with bucket_server() as environment:
        yield environment


@pytest.fixture(scope="session")
def shared_blank(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> TeamBlank:
    """An empty store of PostgreSQL and a shared folder."""
    return TeamBlank(postgres, str(tmp_path_factory.mktemp("shared")))


@pytest.fixture(scope="session")
def bucket_blank(postgres: Postgres, bucket: Mapping[str, str]) -> TeamBlank:
    """An empty store of PostgreSQL and a bucket."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in bucket.items():
            patch.setenv(name, value)
        return TeamBlank(postgres, f"s3://{BUCKET}")


@pytest.fixture
def blank(
    store_kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Path | TeamBlank:
    """An empty store of the kind that the test is run over."""
    if store_kind == "folder":
        return request.getfixturevalue("empty_store")
    if store_kind == "bucket":
        for name, value in request.getfixturevalue("bucket").items():
            monkeypatch.setenv(name, value)
    return request.getfixturevalue(f"{store_kind}_blank")

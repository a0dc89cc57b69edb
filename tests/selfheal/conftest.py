"""The real Weave server on loopback, once for all tests that ask for it."""

from collections.abc import Iterator

import pytest
from weave_server.launch import running_server


@pytest.fixture(scope="session")
def weave_server() -> Iterator[str]:
    """The base URL of a running trace server."""
    with running_server() as base_url:
        yield base_url

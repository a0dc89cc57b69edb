"""An empty store to copy: making one takes longer than filling it."""

from pathlib import Path

import pytest

from tests.chain import laid_out


@pytest.fixture(scope="session")
def empty_store() -> Path:
    """The folder of a store without a single import, closed."""
    return laid_out()

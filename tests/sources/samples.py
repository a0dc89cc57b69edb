"""Real files of other systems, which stay outside the repository."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "samples"


def sample(name: str) -> Path:
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"sample traces absent: {name}")
    return path


def samples(pattern: str) -> list[Path]:
    """Every sample that a glob finds, in a fixed order."""
    found = sorted(path for path in FOLDER.glob(pattern) if path.is_file())
    if not found:
        pytest.skip(f"sample traces absent: {pattern}")
    return found

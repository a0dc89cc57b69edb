"""What marimo looks for among the installed packages, again and again where nobody keeps it."""

from importlib import metadata
from pathlib import Path

import pytest
from marimo._entrypoints import registry
from marimo._runtime.executor import resolve_executor

from dashboard.server import build


def test_marimo_looks_for_plugins_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(registry, "entry_points", metadata.entry_points)
    build(tmp_path / "store", host="127.0.0.1", port=1)
    looks: list[int] = []

    def distributions() -> list[metadata.Distribution]:
        looks.append(1)
        return []

    monkeypatch.setattr(metadata, "distributions", distributions)
    for _ in range(3):
        resolve_executor()
    assert len(looks) <= 1

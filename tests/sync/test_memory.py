"""An import of huge texts takes more memory; one that does not fit at all leaves the store as it was."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics import sync
from analytics.errors import StoreError
from analytics.store import lake, memory
from tests.golden.make import calls

LITTLE_MB = 60


def huge(folder: Path) -> Path:
    """Six runs, each of whose outputs holds a megabyte."""
    file = folder / "huge.jsonl"
    with file.open("w", encoding="utf-8") as out:
        for number in range(6):
            for call in calls("two_bugs"):
                keys = {
                    key: call[key] and f"{number}:{call[key]}"
                    for key in ("id", "trace_id", "parent_id")
                }
                output = call["output"] if isinstance(call["output"], dict) else {}
                told = {**output, "log": 'x "y"\n' * 170_000}
                out.write(json.dumps({**call, **keys, "output": told}) + "\n")
    return file


def test_huge_texts_are_stored_with_more_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tried: list[int] = []

    def limits() -> Iterator[int]:
        for limit in (LITTLE_MB, 2_000):
            tried.append(limit)
            yield limit

    monkeypatch.setattr(memory, "_limits", limits)
    written = sync.import_paths(tmp_path / "store", [str(huge(tmp_path))]).written
    assert written.runs == 6
    assert tried.count(2_000) >= 1


def test_what_does_not_fit_leaves_the_store_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    store = tmp_path / "store"
    small = tmp_path / "small.jsonl"
    small.write_text("".join(json.dumps(call) + "\n" for call in calls("two_bugs")), "utf-8")
    sync.import_paths(store, [str(small)])
    file = huge(tmp_path)
    monkeypatch.setattr(memory, "_limits", lambda: iter([LITTLE_MB]))
    with pytest.raises(
        StoreError, match=f"needs more than {LITTLE_MB} MB of memory; nothing was stored"
    ):
        sync.import_paths(store, [str(file)])
    with lake.writer(store) as con:
        assert con.sql("SELECT count(*) FROM lake.imports").fetchone() == (1,)
        assert not list(store.rglob("import-2-*"))

"""A soak of seconds, with the real writer and real readers; and what it would say of a bad one."""

import time
from pathlib import Path

import pytest
from benchmark import generate
from benchmark.soaking import soak
from benchmark.soaking.memory import Course
from benchmark.soaking.tasks import read

from analytics import sync


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("soaked")
    generate.write(folder / "export", 300)
    return folder / "export"


def test_readers_beside_a_writer_see_whole_versions_only(tmp_path: Path, export: Path):
    found = soak.soak(tmp_path / "store", export, minutes=0.1, readers=2)
    assert found.errors() == []
    assert found.inconsistent() == []
    assert found.writer["calls"] > 0
    assert found.store["calls"] == found.calls_before + found.writer["calls"]
    assert all(told["checked"] for told in found.readers)
    report = soak.report(found)
    assert "| Errors (target 0) | 0 |" in report
    assert "| reader 2 |" in report


def test_a_number_that_contradicts_the_spans_is_found(tmp_path: Path, export: Path):
    store = tmp_path / "store"
    sync.import_paths(store, [str(export)])
    from analytics.store import lake

    with lake.writer(store) as con, lake.transaction(con):
        con.execute("UPDATE lake.runs SET input_tokens = input_tokens + 1")
    told = read(str(store), str(time.time()))
    assert told["errors"] == []
    assert any("input_tokens" in wrong and "by spans" in wrong for wrong in told["inconsistent"])


def test_readers_that_differ_about_a_version_are_found():
    def told(runs: int) -> dict:
        return {"errors": [], "inconsistent": [], "seen": {"3": {"runs": runs}}}

    found = soak.Soaked(
        minutes=1,
        writer={"errors": []},
        readers=[told(1), told(2)],
        memory={},
        calls_before=0,
        store={},
    )
    assert len(found.inconsistent()) == 1


def test_memory_that_grows_is_told_from_memory_that_is_flat():
    seconds = [float(second) for second in range(60)]
    grows = Course(seconds=seconds, held=[100_000_000 + second * 1_000_000 for second in range(60)])
    assert grows.slope() == pytest.approx(60_000_000)
    assert Course(seconds=seconds, held=[5] * 60).slope() == 0
    assert Course().slope() is None

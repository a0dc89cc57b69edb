"""What peers are held against: our own numbers on the same calls, worked out the peers' way."""

import json
import sys
from datetime import datetime
from pathlib import Path
from statistics import fmean, quantiles
from typing import Any

import pytest
from benchmark import fresh, generate
from benchmark.peers import compare, environments, polars_way
from benchmark.peers.subset import LLM_OP, NUMBERS, RUN_OP, differences, op_of
from benchmark.tasks import import_and_compare, make_finished

COUNT = 1500


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compared") / "export"
    generate.write(folder, COUNT)
    return folder


@pytest.fixture(scope="module")
def ours(export: Path) -> dict[str, Any]:
    return import_and_compare(str(export.parent / "store"), str(export))["subset"]


def read(file: Path) -> list[dict[str, Any]]:
    return list(map(json.loads, file.read_text("utf-8").splitlines()))


def seconds(call: dict[str, Any]) -> float | None:
    if call["ended_at"] is None:
        return None
    began, ended = (datetime.fromisoformat(call[name]) for name in ("started_at", "ended_at"))
    return (ended - began).total_seconds()


def test_our_numbers_are_those_of_plain_python(export: Path, ours: dict[str, Any]):
    calls = [call for file in export.iterdir() for call in read(file)]
    runs = [c for c in calls if c["parent_id"] is None and op_of(c["op_name"]) == RUN_OP]
    ended = [took for run in runs if (took := seconds(run)) is not None]
    passed = sum((run["output"] or {}).get("success") is True for run in runs)
    asked = [call["summary"].get("usage", {}) for call in calls if op_of(call["op_name"]) == LLM_OP]
    sent = sum(used["prompt_tokens"] for usage in asked for used in usage.values())
    assert sorted(ours) == sorted(NUMBERS)
    assert (ours["calls"], ours["runs"], ours["passed"]) == (len(calls), len(runs), passed)
    assert ours["pass_rate"] == pytest.approx(passed / len(ended))
    assert ours["run_mean_s"] == pytest.approx(fmean(ended))
    assert ours["run_p95_s"] == pytest.approx(quantiles(ended, n=100, method="inclusive")[94])
    assert ours["input_tokens"] == sent
    assert sum(total for total, _ in ours["by_day"].values()) == len(runs)
    assert sum(numbers[0] for numbers in ours["by_op"].values()) == len(calls)
    assert sum(numbers[0] for numbers in ours["by_model"].values()) == sent


def test_the_polars_way_gives_the_same(export: Path, ours: dict[str, Any]):
    assert differences(ours, polars_way.main(str(export))["subset"]) == []


def test_a_number_that_differs_is_named(ours: dict[str, Any]):
    other = ours | {"passed": ours["passed"] + 1, "by_op": {}}
    assert [each.partition(":")[0] for each in differences(ours, other)] == ["passed", "by_op"]


def test_finished_calls_are_all_finished(tmp_path: Path):
    make_finished(str(tmp_path / "export"), "500")
    calls = read(tmp_path / "export" / "calls.jsonl")
    assert len(calls) == 500
    assert all(call["ended_at"] for call in calls)


def test_every_peer_has_pins_and_a_program():
    assert list(compare.PEERS) == list(environments.PINS)
    for peer in compare.PEERS.values():
        assert (fresh.ROOT / "scripts/benchmark/peers" / f"{peer.module}.py").exists()


def test_a_peer_that_cannot_be_installed_is_left_out_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(_: str) -> Path:
        raise environments.NotInstalled("no such version")

    monkeypatch.setattr(compare, "python_of", refuse)
    found, skipped = compare.compare(tmp_path, [100], ["mlflow"], lambda _: None)
    assert found == []
    assert skipped == [f"{compare.PEERS['mlflow'].title} was not measured: no such version"]


def test_peers_are_put_beside_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(compare, "python_of", lambda _: Path(sys.executable))
    found, skipped = compare.compare(tmp_path, [400], ["polars"], lambda _: None)
    assert skipped == []
    assert list(tmp_path.iterdir()) == []
    ((theirs, ours),) = found
    assert theirs.differs == []
    assert (theirs.calls, ours.calls) == (400, 400)
    assert "| all |" in compare.table(found)


@pytest.mark.parametrize("failing", ["make", "import_and_compare"])
def test_what_failed_half_way_leaves_nothing_behind(
    failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(compare, "python_of", lambda _: Path(sys.executable))
    run = fresh.run

    def fail(task: str, folder: Path, *arguments: object) -> fresh.Spent:
        if task != failing:
            return run(task, folder, *arguments)
        folder.mkdir()
        (folder / "half").write_text("a part of it", "utf-8")
        raise fresh.TaskFailed("no room left")

    monkeypatch.setattr(fresh, "run", fail)
    found, skipped = compare.compare(tmp_path, [20], ["polars"], lambda _: None)
    assert found == []
    assert skipped == [f"{compare.PEERS['polars'].title} was not measured: no room left"]
    assert list(tmp_path.rglob("half")) == []

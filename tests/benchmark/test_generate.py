"""The generated calls: the same for the same seed, and of the shape that they are said to have."""

import hashlib
import json
import subprocess
import sys
from collections import Counter
from datetime import datetime
from itertools import islice, pairwise

import pytest
from benchmark import fresh, generate

COUNT = 12_000


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return list(generate.calls(COUNT, seed=3))


@pytest.fixture(scope="module")
def calls(lines: list[str]) -> list[dict]:
    return [json.loads(line) for line in lines]


def test_another_process_makes_the_same_bytes(lines: list[str]):
    script = (
        "import hashlib; from benchmark import generate;"
        f"lines = generate.calls({COUNT}, seed=3);"
        "print(hashlib.sha256(''.join(lines).encode()).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=fresh.environment() | {"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_another_seed_makes_other_calls(calls: list[dict]):
    others = [json.loads(line) for line in islice(generate.calls(COUNT, seed=4), 1000)]
    assert not {call["id"] for call in calls} & {call["id"] for call in others}


def test_files_hold_exactly_what_was_asked_for(tmp_path, lines: list[str]):
    files = generate.write(tmp_path, 1000, seed=3, per_file=400)
    assert [len(file.read_text("utf-8").splitlines()) for file in files] == [400, 400, 200]
    written = "".join(file.read_text("utf-8") for file in files)
    assert written.splitlines()[:20] == "".join(generate.calls(1000, seed=3)).splitlines()[:20]


def test_ids_are_unique_and_runs_have_their_size(calls: list[dict]):
    assert len({call["id"] for call in calls}) == len(calls)
    fewest, most = generate.CALLS_PER_RUN
    rooted = {call["trace_id"] for call in calls if call["parent_id"] is None}
    for trace, count in Counter(call["trace_id"] for call in calls).items():
        assert fewest <= count + (trace not in rooted) <= most


def test_parents_are_in_the_run_and_began_before(calls: list[dict]):
    by_id = {call["id"]: call for call in calls}
    rooted = {call["trace_id"] for call in calls if call["parent_id"] is None}
    for call in calls:
        above = by_id.get(call["parent_id"])
        if above is None:
            assert call["parent_id"] is None or call["trace_id"] not in rooted
            continue
        assert above["trace_id"] == call["trace_id"]
        assert above["started_at"] < call["started_at"]
        if above["ended_at"]:
            assert call["ended_at"] <= above["ended_at"]


def test_calls_come_in_order_and_within_the_period(calls: list[dict]):
    begun = [call["started_at"] for call in calls if call["parent_id"] is None]
    assert all(before < after for before, after in pairwise(begun))
    seen = [datetime.fromisoformat(call["started_at"].removesuffix("Z")) for call in calls]
    assert min(seen) >= generate.START
    assert max(seen) < generate.LATEST


def test_usage_of_a_call_is_the_sum_of_the_model_calls_below(calls: list[dict]):
    by_id = {call["id"]: call for call in calls}
    below: Counter[str] = Counter()
    for call in calls:
        if call["op_name"].startswith(f"weave:///{generate.PROJECT}/op/openai"):
            spent = sum(used["total_tokens"] for used in call["summary"].get("usage", {}).values())
            above = by_id.get(call["parent_id"])
            while above:
                below[above["id"]] += spent
                above = by_id.get(above["parent_id"])
    assert below
    for id_, tokens in below.items():
        used = by_id[id_]["summary"].get("usage", {})
        assert sum(counts["total_tokens"] for counts in used.values()) == tokens


def test_some_runs_crash_fail_lose_their_root_and_ask_again(calls: list[dict]):
    runs = len({call["trace_id"] for call in calls})
    roots = [call for call in calls if call["parent_id"] is None]
    crashed = sum(call["ended_at"] is None for call in roots)
    failed = sum(call["exception"] is not None for call in roots)
    again = sum("openai" in call["op_name"] and call["exception"] is not None for call in calls)
    for share in (crashed / runs, failed / runs, 1 - len(roots) / runs):
        assert 0.005 < share < 0.1
    assert again > runs / 50


def test_a_changed_call_keeps_its_identity_and_differs(lines: list[str]):
    for before, after in zip(lines[:50], generate.changed(lines[:50]), strict=True):
        old, new = json.loads(before), json.loads(after)
        assert old != new
        assert (old["id"], old["trace_id"]) == (new["id"], new["trace_id"])


def test_source_text_is_some_megabytes():
    assert len(generate.source_text()) > 4_000_000

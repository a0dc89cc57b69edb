"""Each real file is taken for exactly one format, and what is none is taken for none."""

from pathlib import Path

import pytest

from analytics.sources.formats import FORMATS
from analytics.sources.inputs import HEAD_BYTES
from tests.sources.samples import samples

EXPECTED = {
    "weave/export_sample.jsonl": "weave-jsonl",
    "weave/export_otel_sample.jsonl": "weave-jsonl",
    "weave/wal_sample.jsonl": "weave-wal",
    "claude-code-log/**/*.jsonl": "claude-code",
    "ccusage/**/fixtures/claude/**/*.jsonl": "claude-code",
    "inspect_scout/tests/sources/claude_code_source/**/*.jsonl": "claude-code",
    "inspect_ai/**/*.eval": "inspect-eval",
    "inspect_scout/**/*.eval": "inspect-eval",
    "inspect_ai/tests/analysis/**/*.json": "inspect-json",
    "inspect_ai/tests/log/**/*.json": "inspect-json",
    "swe-agent/**/*.traj": "swe-agent",
    "mini-swe-agent/**/*.traj.json": "swe-agent",
    "otel-agento/otel_traces_*.json": "otel-json",
    "otel-agento/test-traces.json": "otel-json",
    "otel-agento/traces*.json": "openai-agents",
    "vexp/logs/**/report.json": "swe-bench",
}
SYNTHETIC = {
    "agenticsys-json/**/*.json": "agenticsys-json",
    "agenticsys-csv/**/*.csv": "agenticsys-csv",
    "patchpilot-runs/*.json*": "patchpilot-runs",
    "tracetriage/*.json*": "tracetriage",
}
"""Files of systems that have published none, which stand beside this test."""
ELSEWHERE = ("test_skeleton",)
"""Folders below those that hold something else."""

NONE_OF_THESE = (
    "inspect_ai/tests/log/test_skeleton/*.json",
    "inspect_ai/tests/scorer/math_cases.json",
    "otel-agento/manual_traces.json",
    "ccusage/**/codex/**/*.jsonl",
    "ccusage/**/test-transcript.jsonl",
    "swe-agent/**/all_preds.jsonl",
    "mini-swe-agent/**/results.json",
    "inspect_scout/**/atif_source/**/*.json",
    "inspect_scout/examples/**/*.jsonl",
    "**/LICENSE*",
)
TABLES = "vexp/results", "agentrx-tau", "aider-polyglot"
"""Folders of tables: a mapping of the user's own says what their columns are."""

GOLDEN = Path(__file__).parent / "golden"


def takers(path: Path) -> list[str]:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    return [entry.name for entry in FORMATS if entry.recognise(head, path)]


@pytest.mark.parametrize("pattern", EXPECTED)
def test_a_sample_is_taken_for_its_format_alone(pattern):
    expected = EXPECTED[pattern]
    for path in samples(pattern):
        if path.parent.name in ELSEWHERE:
            continue
        first, *others = takers(path)
        assert first == expected, path
        # Weave's own formats stand in an order: the narrower is asked first.
        assert all(expected.startswith("weave") and name.startswith("weave") for name in others), (
            path
        )


@pytest.mark.parametrize("pattern", SYNTHETIC)
def test_a_synthetic_file_is_taken_for_its_format_alone(pattern):
    paths = sorted(GOLDEN.glob(pattern))
    assert paths
    assert {str(path): takers(path) for path in paths} == {
        str(path): [SYNTHETIC[pattern]] for path in paths
    }


@pytest.mark.parametrize("pattern", NONE_OF_THESE)
def test_a_file_of_another_kind_is_taken_for_none(pattern):
    taken = {str(path): takers(path) for path in samples(pattern)}
    assert not any(taken.values()), taken


def test_tables_are_not_taken_for_traces():
    ours = {entry for entry in EXPECTED.values() if not entry.startswith("weave")}
    for folder in TABLES:
        for path in samples(f"{folder}/**/*"):
            assert not ours & set(takers(path)), path


def test_binary_data_is_taken_for_nothing(tmp_path):
    path = tmp_path / "noise"
    for content in (b"\0\r\n\0", b"PAR1\0\0PAR1", b"PK\x03\x04\r\0\n", bytes(range(256)) * 8):
        path.write_bytes(content)
        assert takers(path) == []

"""Every line of the threat model names tests, and those are there."""

import ast
from pathlib import Path

import pytest

from tests.security.threats import THREATS, Threat

TESTS = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("threat", THREATS, ids=[threat.what for threat in THREATS])
def test_every_line_of_the_threat_model_is_tested(threat: Threat):
    assert threat.shown_by
    for named in threat.shown_by:
        file, _, test = named.partition("::")
        tree = ast.parse((TESTS / file).read_text("utf-8"))
        assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, named


def test_every_test_of_security_belongs_to_a_line():
    named = {test.partition("::")[0] for threat in THREATS for test in threat.shown_by}
    files = {f"security/{file.name}" for file in Path(__file__).parent.glob("test_*.py")}
    assert files - named == {"security/test_threats.py"}

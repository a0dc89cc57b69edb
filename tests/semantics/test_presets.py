"""Semantics files: what the bundled ones say of an op, and what is said of a bad one."""

from pathlib import Path

import pytest

from analytics.errors import AnalyticsError, InputError, UnknownNameError
from analytics.schema import FACT_FIELDS
from analytics.semantics import (
    BUNDLED,
    KINDS,
    ROLES,
    classify,
    error_kind,
    fallback,
    load,
    parse,
    roots_are_runs,
)
from tests.golden.make import STATES
from tests.oracle import meaning
from tests.oracle.records import calls_of

PRESETS = tuple(load(name) for name in BUNDLED)


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_preset_is_well_formed(name: str):
    preset = load(name)
    assert preset.title != name
    assert set(preset.roles) <= set(ROLES)
    assert set(preset.kinds) <= set(KINDS)
    assert {rule.name for rule in preset.fields} <= {field.name for field in FACT_FIELDS}
    assert preset.roles or preset.kinds
    assert parse(name, preset.text) == preset


def test_only_generic_takes_roots_for_runs():
    assert [preset.name for preset in PRESETS if preset.root_is_run] == ["generic"]
    others = [preset for preset in PRESETS if not preset.root_is_run]
    assert (roots_are_runs(PRESETS), roots_are_runs(others)) == (True, False)
    assert (fallback(PRESETS).name, fallback(others)) == ("generic", others[-1])


@pytest.mark.parametrize(
    ("snake", "camel", "role"),
    [
        ("TesterAgent.run_test", "TesterAgent.runTest", "test"),
        ("FixerAgent.generate_patch", "FixerAgent.generatePatch", "patch"),
        ("KnowledgeBase.find_similar", "KnowledgeBase.findSimilar", "lookup"),
        ("Orchestrator.run", "orchestrator.run", "run"),
        ("QAgent.log_metrics", "QAgent.logMetrics", None),
        ("Scorer.fix_success", "Scorer.fixSuccess", None),
    ],
)
def test_both_naming_styles_mean_the_same(snake: str, camel: str, role: str | None):
    left, right = classify(snake, PRESETS), classify(camel, PRESETS)
    assert left.role == right.role == role
    assert (left.preset, left.kind) == (right.preset, right.kind)
    assert left.preset == "patchpilot"


def test_an_op_nobody_knows_may_still_have_a_kind():
    found = classify("openai.chat.completions.create", PRESETS)
    assert (found.preset, found.role, found.kind) == (None, None, "llm")
    assert classify("pipeline", PRESETS).kind is None
    assert classify("tool.run_tests", PRESETS).tool == "run_tests"


def test_the_slow_reading_agrees_on_every_golden_op():
    calls = calls_of(raw for state in STATES.values() for raw in state())
    for call in calls:
        found = classify(call.op, PRESETS)
        assert (found.preset, found.role) == meaning.recognised(call), call.op
        assert (call.told_agent or found.agent) == meaning.agent(call), call.op
        kind = found.kind or call.told_kind or "other"
        assert kind == meaning.kind(call), call.op
        named = call.told_tool or found.tool or call.op
        assert meaning.tool(call) == (named if kind == "tool" else None), call.op


def test_the_oracle_asks_them_in_the_same_order():
    assert meaning.ORDER == BUNDLED


@pytest.mark.parametrize("name", ["patchpilot", "weave-eval", "generic"])
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("ReadTimeout", "timeout"),
        ("APIConnectionError", "infra"),
        ("RateLimitError", "infra"),
        ("InternalServerError", "infra"),
        ("KeyError", "agent"),
        (None, None),
    ],
)
def test_an_exception_tells_whose_fault_it_was(name: str, error: str | None, kind: str | None):
    assert error_kind(error, load(name)) == kind
    assert meaning.error_kind(error, name) == kind


def test_a_users_own_file_is_read_by_its_path(tmp_path: Path):
    file = tmp_path / "my.toml"
    file.write_text('[roles]\nrun = ["Fixer.solve"]\n', "utf-8")
    mine = load(str(file))
    assert (mine.name, mine.title) == ("my", "my")
    assert classify("fixer.Solve", (mine, *PRESETS)).preset == "my"


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("patchpilott", "unknown preset 'patchpilott'. Did you mean 'patchpilot'?"),
        ("absent.toml", "cannot read semantics file absent.toml:"),
    ],
)
def test_a_preset_that_is_not_there_is_told(named: str, said: str):
    with pytest.raises(InputError) as fault:
        load(named)
    assert str(fault.value).startswith(said)


def test_a_file_that_is_no_text_is_told(tmp_path: Path):
    file = tmp_path / "my.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"cannot read semantics file .*my\.toml"):
        load(str(file))


FIELD = '[[field]]\nname = "{name}"\nroles = ["run"]\npaths = ["output.a"]\n'

BAD = {
    "title = ": "semantics 'my' is not TOML: Invalid value (at end of document).",
    "rolls = 1": "unknown entry 'rolls'. Did you mean 'roles'?",
    "[roles]\nruns = ['x']": "unknown entry of roles 'runs'. Did you mean 'run'?",
    "[kinds]\nlmm = ['x']": "unknown entry of kinds 'lmm'. Did you mean 'llm'?",
    "[error_kinds]\ninfre = ['x']": "unknown entry of error_kinds 'infre'. Did you mean 'infra'?",
    "roles = 'x'": "semantics 'my': roles must be a table, not 'x'.",
    "[roles]\nrun = 'x'": "semantics 'my': run must be a list of texts, not 'x'.",
    "[roles]\nrun = [1]": "semantics 'my': run must be a list of texts, not [1].",
    "field = 1": "semantics 'my': field must be a list of tables, not 1.",
    "root_is_run = 'yes'": "semantics 'my': root_is_run must be true or false, not 'yes'.",
    FIELD.format(name="taks"): "unknown field 'taks'. Did you mean 'task'?",
    FIELD.format(name="task") + "pats = 1": "unknown key of a field 'pats'. Did you mean 'paths'?",
    FIELD.format(name="task").replace("run", "rum"): "unknown role 'rum'. Did you mean 'run'?",
    FIELD.format(name="task").replace("output", "outputs"): (
        "unknown start of path 'outputs.a' of task in my: 'outputs'. Did you mean 'output'?"
    ),
    FIELD.format(name="task").replace('output.a"', 'output."'): (
        "semantics 'my': 'output.' is no path. Write keys with dots between them,"
    ),
    FIELD.format(name="task").replace("output.a", "output.a[x]"): (
        "semantics 'my': 'output.a[x]' is no path."
    ),
    FIELD.format(name="task").replace('["output.a"]', "[]"): (
        "semantics 'my': field task needs roles and paths."
    ),
    FIELD.format(name="claimed"): (
        "semantics 'my': field claimed needs values: words for pass, fail."
    ),
    FIELD.format(name="claimed") + "values = { good = ['x'] }": (
        "unknown entry of values 'good'. Valid: fail, pass."
    ),
    FIELD.format(name="passed") + "values = { pass = ['x'] }": (
        "unknown entry of values 'pass'. Valid: false, true."
    ),
    FIELD.format(name="claimed") + "values = { pass = 'x' }": (
        "semantics 'my': pass must be a list of words, not 'x'."
    ),
    FIELD.format(name="claimed") + "values = { pass = ['x'], fail = [] }": (
        "semantics 'my': values.fail of field claimed has no word."
    ),
    FIELD.format(name="task") + "unit = 'ms'": "unknown field with a unit 'task'.",
    FIELD.format(name="deployment_time_s") + "unit = 'min'": "unknown unit 'min'.",
    FIELD.format(name="passed") + "combine = 'any'": "unknown combine 'any'.",
    FIELD.format(name="task") + "expected = 1": (
        "semantics 'my': expected must be true or false, not 1."
    ),
}


@pytest.mark.parametrize("text", BAD)
def test_a_bad_file_is_told_in_a_sentence(text: str):
    with pytest.raises(AnalyticsError) as fault:
        parse("my", text)
    assert str(fault.value).startswith(BAD[text])
    assert isinstance(fault.value, InputError | UnknownNameError)
    assert str(fault.value).endswith(".")
    assert "\n" not in str(fault.value)

"""What presets read from payloads, by the real engine on a few rows."""

import json
from typing import Any

import duckdb
import pytest

from analytics.schema import FACTS
from analytics.semantics import BUNDLED, Preset, extract, load, parse

FIELD = '[[field]]\nname = "{name}"\nroles = ["run"]\npaths = {paths}\n{more}\n'


def read(preset: Preset, role: str, **bodies: Any) -> dict[str, Any]:
    """Read the facts of one span."""
    return _read(preset, role, [bodies])[0]


def _payloads(
    con: duckdb.DuckDBPyConnection, preset: Preset, role: str, spans: list[dict[str, Any]]
) -> duckdb.DuckDBPyRelation:
    extract.install(con)
    con.execute(
        "CREATE OR REPLACE TABLE payloads (source VARCHAR, span_id VARCHAR, trace_id VARCHAR, "
        "preset VARCHAR, role VARCHAR, inputs VARCHAR, output VARCHAR, attributes VARCHAR)"
    )
    for number, bodies in enumerate(spans):
        texts = [
            json.dumps(bodies[name]) if name in bodies else None
            for name in ("inputs", "output", "attributes")
        ]
        con.execute(
            "INSERT INTO payloads VALUES ('weave', $1, 't', $2, $3, $4, $5, $6)",
            [str(number), preset.name, role, *texts],
        )
    return con.table("payloads")


def _read(preset: Preset, role: str, spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
    with duckdb.connect() as con:
        found = next(extract.facts(_payloads(con, preset, role, spans), [preset])).fetchall()
    return [dict(zip(FACTS.columns, row, strict=True)) for row in found]


def mine(name: str, *paths: str, more: str = "") -> Preset:
    return parse("mine", FIELD.format(name=name, paths=json.dumps(paths), more=more))


def test_the_first_path_that_holds_something_wins():
    rule = mine("task", "output.a", "inputs.b", "attributes.c.d")
    assert read(rule, "run", output={"a": "x"}, inputs={"b": "y"})["task"] == "x"
    assert read(rule, "run", output={"a": None}, inputs={"b": "y"})["task"] == "y"
    assert read(rule, "run", attributes={"c": {"d": 7}})["task"] == "7"
    assert read(rule, "run", output="no object", inputs=None)["task"] is None


def test_keys_are_keys_whatever_they_look_like():
    rule = mine("task", "output.a b", "output.it's", "output.$x")
    assert read(rule, "run", output={"a b": "x"})["task"] == "x"
    assert read(rule, "run", output={"it's": "y"})["task"] == "y"
    assert read(rule, "run", output={"$x": "z"})["task"] == "z"


@pytest.mark.parametrize("told", ["nan", "inf", "-Infinity", "1e999", "soon", ""])
def test_what_is_no_finite_number_is_not_known(told: str):
    rule = mine("deployment_time_s", "output.a")
    assert read(rule, "run", output={"a": told})["deployment_time_s"] is None


def test_another_role_is_not_read():
    assert read(mine("task", "output.a"), "test", output={"a": "x"})["task"] is None


@pytest.mark.parametrize("name", [name for name in BUNDLED if load(name).fields])
def test_roles_are_read_together_as_they_are_alone(name: str):
    """Roles of the same rules share an expression; what a span says is nobody else's."""
    preset = load(name)
    roles = sorted({role for rule in preset.fields for role in rule.roles})
    said = {path: None for rule in preset.fields for path in rule.paths if "*" not in path}

    def bodies(role: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for number, path in enumerate(said):
            *above, last = path.split(".")
            body = found
            for key in above:
                body = body.setdefault(key, {}) if isinstance(body, dict) else {}
            body[last] = f"{number}" if number % 2 else f"{role} {number}"
        return found

    alone = {role: read(preset, role, **bodies(role)) for role in roles}
    with duckdb.connect() as con:
        for number, role in enumerate(roles):
            payloads = _payloads(con, preset, role, [bodies(role)])
            payloads.project(f"* REPLACE ('{number}' AS span_id)").create(f"of_{number}")
        together = con.table("of_0")
        for number in range(1, len(roles)):
            together = together.union(con.table(f"of_{number}"))
        rows = [row for facts in extract.facts(together, [preset]) for row in facts.fetchall()]
    found = [dict(zip(FACTS.columns, row, strict=True)) for row in rows]
    assert {row["role"]: row | {"span_id": "0"} for row in found} == alone
    assert len(found) == len(roles)
    assert any(value is not None for row in found for value in list(row.values())[5:])


def test_words_are_mapped_without_regard_to_case():
    rule = mine("claimed", "output", more='values = { pass = ["Fixed", true], fail = ["gave up"] }')
    said = [read(rule, "run", output=word)["claimed"] for word in ("FIXED", True, "Gave Up", "?")]
    assert said == ["pass", "pass", "fail", None]


def test_milliseconds_become_seconds():
    rule = mine("deployment_time_s", "output.ms", more='unit = "ms"')
    assert read(rule, "run", output={"ms": 1500})["deployment_time_s"] == pytest.approx(1.5)


@pytest.mark.parametrize("value", ["many", {"a": 1}, [1], True, None])
def test_what_is_no_number_is_unknown(value: Any):
    assert read(mine("iterations", "output.n"), "run", output={"n": value})["iterations"] is None


def test_a_wildcard_finds_every_entry_of_a_list():
    found = read(
        load("patchpilot"), "test",
        output={"passed": False, "failures": [{"bug_id": "b2"}, {}, {"bug_id": "b1"}]},
    )  # fmt: skip
    assert found["bug_ids"] == ["b2", "b1"]
    assert read(load("patchpilot"), "test", output={"failures": []})["bug_ids"] is None


@pytest.mark.parametrize(
    ("scores", "passed"),
    [
        ({"a": True, "b": {"c": True, "d": 0.5}}, True),
        ({"a": False, "b": {"c": True}}, False),
        ({"a": True, "b": {"c": False}}, False),
        ({"a": {"c": True}, "b": {"c": False}}, False),
        ({"a": 1.0, "b": {"c": 0.5}}, None),
        ({}, None),
        (None, None),
    ],
)
def test_every_scorer_must_say_yes(scores: Any, passed: bool | None):
    found = read(load("weave-eval"), "run", output={"scores": scores})
    assert found["passed"] is passed


def test_all_of_one_path_and_of_plain_paths_is_combined_too():
    one = mine("passed", "output.*", more='combine = "all"')
    assert read(one, "run", output={"a": True, "b": False})["passed"] is False
    plain = mine("passed", "output.a", "output.b", more='combine = "all"')
    assert read(plain, "run", output={"a": True, "b": False})["passed"] is False
    assert read(plain, "run", output={"a": True})["passed"] is True
    assert read(plain, "run", output={})["passed"] is None


def unmatched(preset: Preset, role: str, spans: list[dict[str, Any]]) -> list[str]:
    with duckdb.connect() as con:
        payloads = _payloads(con, preset, role, spans)
        return list(extract.unmatched(payloads, next(extract.facts(payloads, [preset])), [preset]))


def test_a_path_that_found_nothing_is_told_with_what_is_there():
    spans = [{"output": {"bugType": "UI"}}, {"output": {"kind": 1}}]
    told = unmatched(load("patchpilot"), "diagnose", spans)
    assert told == [
        "patchpilot diagnose: no bug_type at output.bug_type, output.failureType, output.type "
        "(did you mean output.bugType?)"
    ]


def test_a_path_that_found_something_once_is_not_told():
    spans = [{"output": {"bug_type": "UI"}}, {"output": {}}]
    assert unmatched(load("patchpilot"), "diagnose", spans) == []

"""What presets read from payloads, as ClickHouse expressions: the counterpart of ``semantics.extract``."""

import re
from collections.abc import Sequence
from functools import reduce

from analytics.clickhouse.expression import Sql, among, call, column, each, select, value
from analytics.schema import FACT_FIELDS
from analytics.semantics import FieldRule, Preset

_CASTS = {"BIGINT": "as_bigint", "DOUBLE": "as_double", "BOOLEAN": "as_boolean"}
_TYPES = {
    "VARCHAR": "Nullable(String)",
    "VARCHAR[]": "Array(Nullable(String))",
    "BIGINT": "Nullable(Int64)",
    "DOUBLE": "Nullable(Float64)",
    "BOOLEAN": "Nullable(Bool)",
}
_STEP = re.compile(r"\.([^.\[]+)|\[(\*|\d+)\]")
_TEXT = Sql(text="'Nullable(String)'")
_NULL = Sql(text="NULL")
_NOTHING = Sql(text="''")
_NONE = Sql(text="CAST([] AS Array(Nullable(String)))")
_DOC = column("doc")


def facts(preset: Preset, macros: str, payloads: str) -> Sql:
    """Return what fills table ``facts`` with what one preset reads.

    Args:
        preset: the preset.
        macros: text of macros.sql, whose functions the expressions use.
        payloads: text of payloads.sql.
    """
    read = [_field(preset.fields, f.name, f.type).named(f.name) for f in FACT_FIELDS]
    columns = [column("span_id"), column("role"), *read]
    return select(columns, Sql(text=payloads), into="facts", macros=macros)


def table() -> str:
    """Return what makes the empty temporary table ``facts``: a column for everything a preset may say."""
    columns = ["span_id String", "role String"]
    columns += [f"{field.name} {_TYPES[field.type]}" for field in FACT_FIELDS]
    return " ".join(["CREATE TEMPORARY TABLE facts", f"({', '.join(columns)})"])


def _field(rules: Sequence[FieldRule], name: str, kind: str) -> Sql:
    """Return the value of one fact: by role, the first path that holds something."""
    own = [rule for rule in rules if rule.name == name]
    if kind.endswith("[]"):
        lists = [call("if", _applies(rule), _list(rule), _NONE) for rule in own]
        return reduce(
            lambda first, then: call("if", call("notEmpty", first), first, then), lists, _NONE
        )
    found = [call("if", _applies(rule), _cast(_value(rule), rule, kind), _NULL) for rule in own]
    return call("coalesce", *found, _NULL)


def _applies(rule: FieldRule) -> Sql:
    return among(column("role"), rule.roles)


def _cast(found: Sql, rule: FieldRule, kind: str) -> Sql:
    typed = call(_CASTS[kind], found) if kind in _CASTS and not rule.of_diff else found
    return typed if rule.scale == 1.0 else call("multiply", typed, value(rule.scale))


def _value(rule: FieldRule) -> Sql:
    if rule.combine == "all":
        lists = [_every(p) if "*" in p else call("array", _at(p)) for p in rule.paths]
        found = call("all_true", call("arrayConcat", *lists))
    else:
        found = call("coalesce", *map(_at, rule.paths), _NULL)
    if rule.of_diff:
        return call(f"diff_{rule.name}", found)
    if not rule.values:
        return found
    said = call("lower", found)
    pairs = [part for to, words in rule.values.items() for part in (among(said, words), value(to))]
    return call("multiIf", *pairs, _NULL)


def _list(rule: FieldRule) -> Sql:
    """Return the first list that a path with a wildcard finds; other paths lead to none."""
    lists = [_every(path) for path in rule.paths if "*" in path]
    return reduce(
        lambda first, then: call("if", call("notEmpty", first), first, then), lists, _NONE
    )


def _at(path: str) -> Sql:
    """Return what stands at a path, as text; of several, the first."""
    if "*" in path:
        return call("arrayElement", _every(path), Sql(text="1"))
    whole, *steps = _steps(path)
    keys = [value(step if isinstance(step, str) else step + 1) for step in steps]
    return call("JSONExtract", call("ifNull", column(str(whole)), _NOTHING), *keys, _TEXT)


def _every(path: str) -> Sql:
    """Return all that stands at a path with wildcards, as a list of texts."""
    whole, *steps = _steps(path)
    docs = call("array", call("ifNull", column(str(whole)), _NOTHING))
    for step in steps:
        if step == "[*]":
            docs = call("arrayFlatten", each(_DOC, call("JSONExtractArrayRaw", _DOC), docs))
        elif step == "*":
            docs = call("arrayFlatten", each(_DOC, call("json_values", _DOC), docs))
        else:
            key = value(step if isinstance(step, str) else step + 1)
            docs = call("filled", each(_DOC, call("JSONExtractRaw", _DOC, key), docs))
    return each(_DOC, call("JSONExtract", _DOC, _TEXT), docs)


def _steps(path: str) -> list[str | int]:
    """Turn a path into its column, then keys, positions, and ``*`` or ``[*]`` for any of them.

    >>> _steps("output.failures[*].bug_id")
    ['output', 'failures', '[*]', 'bug_id']
    """
    whole = re.split(r"[.\[]", path, maxsplit=1)[0]
    steps: list[str | int] = [whole]
    for key, index in _STEP.findall(path[len(whole) :]):
        steps.append(key or ("[*]" if index == "*" else int(index)))
    return steps

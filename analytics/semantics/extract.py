"""Semantics as DuckDB expressions: what presets read from payloads becomes rows of ``schema.FACTS``."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache, reduce
from importlib.resources import files
from operator import or_
from typing import TYPE_CHECKING

from analytics.constants import constant
from analytics.schema import FACT_FIELDS, FACTS
from analytics.semantics import COLUMNS, FieldRule, Preset, parse

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation, Expression

_CASTS = {"BIGINT": "as_bigint", "DOUBLE": "as_double", "BOOLEAN": "as_boolean"}


@cache
def macros() -> str:
    """Return the casts and counts that the expressions below use, as SQL."""
    return (files("analytics.semantics") / "macros.sql").read_text("utf-8")


def install(con: "DuckDBPyConnection") -> None:
    """Give a connection those casts and counts."""
    con.execute(macros())


def facts(
    payloads: "DuckDBPyRelation",
    presets: Sequence[Preset],
    columns: Sequence[str] = FACTS.columns,
) -> "Iterator[DuckDBPyRelation]":
    """Read the facts of every span that has a role, one preset after the other.

    A payload is searched only for what its own preset asks, and memory is that of one preset.

    Args:
        payloads: one row per span with source, span_id, trace_id, preset, role, inputs, output, attributes.
        presets: the presets in force.
        columns: the columns of ``schema.FACTS``, in the order wanted. Ordering them in a step of its own
            would have DuckDB bind all the expressions once more.

    Yields:
        For each preset that occurs: one row per span.
    """
    from duckdb import ColumnExpression as Column
    from duckdb import StarExpression

    identity = [Column(name) for name in FACTS.columns[: -len(FACT_FIELDS)]]
    found = payloads.aggregate([Column("preset"), Column("role")]).fetchall()
    for preset in presets:
        roles = sorted(role for name, role in found if name == preset.name)
        if roles:
            lookups, diffs, fields = _expressions(preset.name, preset.text, tuple(roles))
            said = dict(zip(FACTS.columns, (*identity, *fields), strict=True))
            rows = payloads.filter(Column("preset") == constant(preset.name))
            rows = rows.project(*identity, *lookups)
            if diffs:
                rows = rows.project(StarExpression(), *diffs)
            yield rows.project(*(said[name] for name in columns))


def unmatched(
    payloads: "DuckDBPyRelation", read: "DuckDBPyRelation", presets: Sequence[Preset]
) -> Iterator[str]:
    """Say which fields found nothing in a whole import, with the paths that exist instead.

    Args:
        payloads: as for ``facts``.
        read: what ``facts`` made of them.
        presets: the presets in force.

    Yields:
        One sentence per preset, role and field.
    """
    from duckdb import ColumnExpression as Column
    from duckdb import FunctionExpression as Function

    from analytics.errors import nearest

    # Every column that is counted is read from the store again.
    expected = sorted({r.name for preset in presets for r in preset.fields if r.expected})
    counts_of = [Function("count", Column(name)).alias(name) for name in expected]
    found = read.aggregate([Column("preset"), Column("role"), *counts_of]).fetchall()
    for preset_name, role, *counts in sorted(found):
        hits = dict(zip(expected, counts, strict=True))
        preset = next(preset for preset in presets if preset.name == preset_name)
        lost = [r for r in preset.fields if r.expected and role in r.roles and hits[r.name] == 0]
        if not lost:
            continue
        existing = _paths(payloads, preset_name, role)
        for rule in lost:
            near = nearest(rule.paths[0], existing)
            hint = f" (did you mean {near}?)" if near else ""
            yield f"{preset_name} {role}: no {rule.name} at {', '.join(rule.paths)}{hint}"


def _paths(payloads: "DuckDBPyRelation", preset: str, role: str) -> set[str]:
    import json

    from duckdb import ColumnExpression as Column

    sample = payloads.filter(
        (Column("preset") == constant(preset)) & (Column("role") == constant(role))
    ).limit(200)
    paths: set[str] = set()
    for row in sample.project(*map(Column, COLUMNS)).fetchall():
        for column, text in zip(COLUMNS, row, strict=True):
            value = json.loads(text) if text else None
            if isinstance(value, dict):
                paths.update(f"{column}.{key}" for key in value)
    return paths


@lru_cache(maxsize=64)
def _expressions(
    name: str, text: str, roles: tuple[str, ...]
) -> "tuple[tuple[Expression, ...], ...]":
    """Return what reads the facts of a preset, step by step; making it takes longer than small imports."""
    reader = _Reader(parse(name, text), roles)
    fields = (reader.field(field.name, field.type).alias(field.name) for field in FACT_FIELDS)
    return tuple(reader.lookups()), tuple(reader.diffs()), tuple(fields)


class _Reader:
    """Parses each payload column once, for all the paths that the rules of a span's role ask of it.

    Roles of the same rules are read alike: DuckDB binds an expression for each group, not for each role.
    """

    def __init__(self, preset: Preset, roles: Sequence[str]) -> None:
        groups: dict[tuple[int, ...], list[str]] = {}
        for role in roles:
            asking = tuple(n for n, rule in enumerate(preset.fields) if role in rule.roles)
            groups.setdefault(asking, []).append(role)
        self._rules = {
            alike[0]: [preset.fields[n] for n in asking] for asking, alike in groups.items()
        }
        self._alike = {alike[0]: alike for alike in groups.values()}
        """The first role of each group, by which the group goes below -> all of them."""
        asked = {
            role: dict.fromkeys(path for rule in rules for path in rule.paths)
            for role, rules in self._rules.items()
        }
        self._single = {
            (role, column): [p for p in paths if _split(p)[0] == column and "*" not in p]
            for role, paths in asked.items()
            for column in COLUMNS
        }
        everything = dict.fromkeys(path for paths in asked.values() for path in paths)
        self._many = {path: f"many_{n}" for n, path in enumerate(p for p in everything if "*" in p)}
        diffs = dict.fromkeys(rule.paths for rule in preset.fields if rule.of_diff)
        self._diffs = {paths: f"diff_{n}" for n, paths in enumerate(diffs)}
        self._asking = {
            path: [role for role, paths in asked.items() if path in paths] for path in self._many
        }

    def lookups(self) -> "Iterator[Expression]":
        """Yield one list of texts per payload column, and one list per path with a wildcard."""
        from duckdb import CaseExpression as Case
        from duckdb import ColumnExpression as Column
        from duckdb import FunctionExpression as Function

        for column in COLUMNS:
            said = {
                role: Function("json_extract_string", Column(column), constant(tuple(keys)))
                for role in self._rules
                if (keys := [_split(path)[1] for path in self._single[role, column]])
            }
            yield self._by_role(said, "VARCHAR[]").alias(column)
        for path, name in self._many.items():
            column, key = _split(path)
            found = Function("json_extract_string", Column(column), constant(key))
            asking = (role for first in self._asking[path] for role in self._alike[first])
            yield Case(_is_any(asking), Function("filled", found)).alias(name)

    def diffs(self) -> "Iterator[Expression]":
        """Yield the parts of each diff that facts are counted in."""
        from duckdb import CoalesceOperator
        from duckdb import FunctionExpression as Function

        for paths, name in self._diffs.items():
            told = {
                role: CoalesceOperator(*(self._at(role, path, "") for path in paths))
                for role, rules in self._rules.items()
                if any(rule.of_diff and rule.paths == paths for rule in rules)
            }
            yield Function("diff_parts", self._by_role(told, "VARCHAR")).alias(name)

    def field(self, name: str, kind: str) -> "Expression":
        """Return the value of one fact: by role, the first path that holds something."""
        from duckdb import CoalesceOperator

        found: dict[str, Expression] = {}
        for role, rules in self._rules.items():
            values = [
                self._cast(self._value(role, rule, kind), rule, kind)
                for rule in rules
                if rule.name == name
            ]
            if values:
                found[role] = CoalesceOperator(*values)
        return self._by_role(found, kind)

    def _cast(self, value: "Expression", rule: FieldRule, kind: str) -> "Expression":
        from duckdb import FunctionExpression as Function

        typed = Function(_CASTS[kind], value) if kind in _CASTS else value
        return typed if rule.scale == 1.0 else typed * constant(rule.scale)

    def _value(self, role: str, rule: FieldRule, kind: str) -> "Expression":
        from duckdb import CaseExpression as Case
        from duckdb import CoalesceOperator
        from duckdb import ColumnExpression as Column
        from duckdb import FunctionExpression as Function

        if rule.of_diff:
            return Function(f"diff_{rule.name}", Column(self._diffs[rule.paths]))
        if rule.combine == "all":
            value = Function(
                "all_true",
                Function("list_concat", *(self._each(role, path) for path in rule.paths)),
            )
        else:
            value = CoalesceOperator(*(self._at(role, path, kind) for path in rule.paths))
        if not rule.values:
            return value
        plain = Function("lower", value)
        chosen = None
        for stored, words in rule.values.items():
            said = plain.isin(*map(constant, words))
            chosen = (
                Case(said, constant(stored))
                if chosen is None
                else chosen.when(said, constant(stored))
            )
        assert chosen is not None
        return chosen

    def _each(self, role: str, path: str) -> "Expression":
        """Return everything that a path finds, as a list."""
        from duckdb import ColumnExpression as Column
        from duckdb import FunctionExpression as Function

        if "*" in path:
            return Column(self._many[path])
        return Function("list_value", self._at(role, path, ""))

    def _at(self, role: str, path: str, kind: str) -> "Expression":
        from duckdb import ColumnExpression as Column
        from duckdb import FunctionExpression as Function

        if "*" not in path:
            column = _split(path)[0]
            position = self._single[role, column].index(path) + 1
            return Function("list_extract", Column(column), constant(position))
        found = Column(self._many[path])
        return found if kind.endswith("[]") else Function("list_extract", found, constant(1))

    def _by_role(self, values: "Mapping[str, Expression]", kind: str) -> "Expression":
        """Return the expression of a row's role; NULL for a role without, for which nothing is worked out.

        Args:
            values: the first role of a group -> what its roles have.
            kind: the type of what is returned.
        """
        from duckdb import CaseExpression as Case

        nothing = constant(None).cast(kind)
        if not values:
            return nothing
        if len(self._alike) == 1:
            return next(iter(values.values()))
        # One CASE with a branch for each group: within each other, each would copy what the inner ones found.
        (first, value), *others = values.items()
        chosen = Case(_is_any(self._alike[first]), value)
        for role, value in others:
            chosen = chosen.when(_is_any(self._alike[role]), value)
        return chosen.otherwise(nothing)


def _is_any(roles: "Iterable[str]") -> "Expression":
    from duckdb import ColumnExpression as Column

    # With IN, DuckDB would join a table of the roles, once for each field.
    return reduce(or_, (Column("role") == constant(role) for role in roles))


@cache
def _split(path: str) -> tuple[str, str]:
    """Turn ``output.a.b[*].c`` into its column and a JSON path with quoted keys.

    >>> _split("output.failures[*].bug_id")
    ('output', '$."failures"[*]."bug_id"')
    """
    column, _, rest = path.partition(".")
    steps = []
    for step in rest.split("."):
        key, bracket, index = step.partition("[")
        steps.append(("." + (key if key == "*" else f'"{key}"') if key else "") + bracket + index)
    return column, "$" + "".join(steps)

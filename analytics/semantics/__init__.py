"""What an op, an output, an outcome mean for a given agent system: read from TOML, applied here.

Every preset in force is asked for every op, in order, whatever else an import holds: a call means the
same in whichever file it arrives. A trace in which no preset recognises anything is left to ``generic``.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from analytics.errors import InputError, UnknownNameError
from analytics.schema import FACT_FIELDS

KINDS = ("agent", "llm", "tool", "scorer", "other")
ROLES = (
    "batch",
    "run",
    "agent",
    "tool",
    "test",
    "diagnose",
    "patch",
    "verify",
    "accept",
    "deploy",
    "lookup",
    "pipeline",
    "debug",
    "code",
    "other",
)
ERROR_KINDS = ("infra", "agent", "timeout")
COLUMNS = ("inputs", "output", "attributes")
BUNDLED = (
    "record",
    "patchpilot",
    "weave-eval",
    "claude-code",
    "inspect",
    "swe-agent",
    "otel-genai",
    "generic",
)
"""Presets that ship, in the order in which they are asked."""

_UNITS = {"s": 1.0, "ms": 0.001, "percent": 0.01}
_OF_DIFF = ("lines_added", "lines_removed", "files_created", "files_modified", "files_deleted")
"""Facts that can be counted in a unified diff."""
_PATH = re.compile(r'(?:\.(?:\*|[^.*"\[\]]+)(?:\[(?:\*|\d+)\])?)*')
"""What follows the column: keys, each perhaps with an index, * for any."""
_ENTRIES = ("title", "roles", "kinds", "field", "error_kinds", "root_is_run", "named_by_source")
_STORED = {
    "claimed": ("pass", "fail"),
    "error_kind": ERROR_KINDS,
    "passed": ("true", "false"),
    "knowledge_hit": ("true", "false"),
    "first_time_right": ("true", "false"),
}
"""Facts that have few values, which other words of a source must be mapped to."""


@dataclass(frozen=True, kw_only=True)
class FieldRule:
    """Where one fact stands: the first path that holds something wins."""

    name: str
    roles: tuple[str, ...]
    paths: tuple[str, ...]
    values: Mapping[str, tuple[str, ...]]
    """Stored value -> words that mean it; empty where the text is the value."""
    scale: float = 1.0
    """Factor that turns the source's unit into ours."""
    combine: str = "first"
    """first, or all: every yes/no that the paths find must be yes."""
    of_diff: bool = False
    """Whether the paths lead to a unified diff, in which the fact is counted."""
    expected: bool = False
    """Whether an import in which none of the paths exists is worth a word to the user."""


@dataclass(frozen=True, kw_only=True)
class Preset:
    """One semantics file."""

    name: str
    title: str
    text: str
    """The TOML itself, as it is kept in the store."""
    roles: Mapping[str, tuple[str, ...]]
    kinds: Mapping[str, tuple[str, ...]]
    fields: tuple[FieldRule, ...]
    error_kinds: Mapping[str, tuple[str, ...]]
    root_is_run: bool = False
    named_by_source: bool = False
    """Whether ops do not carry the names of agents: then the source gives them, or nobody does."""


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What one op is, according to the presets in force."""

    op: str
    preset: str | None
    role: str | None
    kind: str | None
    agent: str | None
    tool: str | None


def load(name_or_path: str) -> Preset:
    """Read a bundled preset by name, or a user's own by path.

    Raises:
        InputError: neither a preset nor a readable, well-formed semantics file.
    """
    if name_or_path in BUNDLED:
        text = (files("analytics.semantics") / f"{name_or_path}.toml").read_text("utf-8")
        return parse(name_or_path, text + _own_fields() if name_or_path == "record" else text)
    path = Path(name_or_path)
    if not name_or_path.strip() or (not path.suffix and not path.exists()):
        raise UnknownNameError("preset", name_or_path, BUNDLED)
    try:
        return parse(path.stem, path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as fault:
        raise InputError(f"cannot read semantics file {path}: {fault}.") from fault


@cache
def parse(name: str, text: str) -> Preset:
    """Check a semantics file and return what it says.

    Raises:
        InputError: not TOML, an unknown word, or a path that does not begin with one of ``COLUMNS``.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise InputError(f"semantics {name!r} is not TOML: {fault}.") from fault
    for word in raw:
        _check("entry", word, _ENTRIES)
    return Preset(
        name=name,
        title=str(raw.get("title", name)),
        text=text,
        roles=_patterns(name, raw, "roles", ROLES),
        kinds=_patterns(name, raw, "kinds", KINDS),
        fields=tuple(_field(name, entry) for entry in _list(name, raw, "field", dict)),
        error_kinds=_patterns(name, raw, "error_kinds", ERROR_KINDS),
        root_is_run=_flag(name, raw, "root_is_run"),
        named_by_source=_flag(name, raw, "named_by_source"),
    )


def classify(op: str, presets: Sequence[Preset]) -> Meaning:
    """Say what an op is: the first preset that knows it decides.

    >>> classify("TesterAgent.runTest", [load("patchpilot")]).role
    'test'
    """
    tells_agents = True
    for preset in presets:
        if role := _first(op, preset.roles):
            name, kind = preset.name, _first(op, preset.kinds)
            tells_agents = not preset.named_by_source
            break
    else:
        name, role = None, None
        kind = next((found for preset in presets if (found := _first(op, preset.kinds))), None)
    return Meaning(
        op=op,
        preset=name,
        role=None if role == "other" else role,
        kind=kind,
        agent=op.partition(".")[0] if kind == "agent" and tells_agents else None,
        tool=op.removeprefix("tool.") if kind == "tool" and tells_agents else None,
    )


def roots_are_runs(presets: Iterable[Preset]) -> bool:
    """Say whether, by the presets in force, a root that none of them knows is a run of its own."""
    return any(preset.root_is_run for preset in presets)


def fallback(presets: Sequence[Preset]) -> Preset:
    """Return the preset in force that speaks for what none of them knows."""
    return next((preset for preset in presets if preset.root_is_run), presets[-1])


def error_kind(error_type: str | None, preset: Preset) -> str | None:
    """Say whether an exception's class tells of infrastructure, a time-out or the agent itself.

    >>> error_kind("ReadTimeout", load("patchpilot")), error_kind("KeyError", load("patchpilot"))
    ('timeout', 'agent')
    """
    if error_type is None:
        return None
    for kind, patterns in preset.error_kinds.items():
        if any(fnmatchcase(error_type, pattern) for pattern in patterns):
            return kind
    return "agent"


def _first(op: str, table: Mapping[str, tuple[str, ...]]) -> str | None:
    plain = _fold(op)
    return next(
        (key for key, patterns in table.items() if any(fnmatchcase(plain, p) for p in patterns)),
        None,
    )


def _own_fields() -> str:
    """Return the fields of preset ``record``: every fact, under its own name."""
    roles = ", ".join(f'"{role}"' for role in ROLES if role != "other")
    # What a diff shows comes before what is said of it.
    entries = [
        f'name = "{name}"\nroles = [{roles}]\npaths = ["output.diff"]\nof_diff = true\n'
        for name in _OF_DIFF
    ]
    for field in FACT_FIELDS:
        many = "[*]" if field.type.endswith("[]") else ""
        paths = f'"output.{field.name}{many}", "attributes.{field.name}{many}"'
        values = "".join(f'values.{value} = ["{value}"]\n' for value in _STORED.get(field.name, ()))
        entries.append(f'name = "{field.name}"\nroles = [{roles}]\npaths = [{paths}]\n{values}')
    return "".join(f"\n[[field]]\n{entry}" for entry in entries)


def _fold(op: str) -> str:
    return op.replace("_", "").lower()


def _patterns(
    preset: str, raw: Mapping[str, Any], entry: str, valid: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    fold = str if entry == "error_kinds" else _fold
    table = _table(preset, raw, entry, valid)
    return {key: tuple(map(fold, _list(preset, table, key, str))) for key in table}


def _field(preset: str, raw: Mapping[str, Any]) -> FieldRule:
    for word in raw:
        _check(
            "key of a field",
            word,
            ("name", "roles", "paths", "values", "unit", "combine", "of_diff", "expected"),
        )
    name = str(raw.get("name", ""))
    _check("field", name, [field.name for field in FACT_FIELDS])
    roles, paths = (_list(preset, raw, key, str) for key in ("roles", "paths"))
    if not roles or not paths:
        raise InputError(f"semantics {preset!r}: field {name} needs roles and paths.")
    for role in roles:
        _check("role", role, ROLES)
    for path in paths:
        column = path.partition(".")[0]
        _check(f"start of path {path!r} of {name} in {preset}:", column, COLUMNS)
        if not _PATH.fullmatch(path.removeprefix(column)):
            raise InputError(
                f"semantics {preset!r}: {path!r} is no path. Write keys with dots between them, "
                "[0] or [*] behind a list, * for any key."
            )
    values = _table(preset, raw, "values", _STORED.get(name))
    if name in ("claimed", "error_kind") and not values:
        known = ", ".join(_STORED[name])
        raise InputError(f"semantics {preset!r}: field {name} needs values: words for {known}.")
    words = {
        key: tuple(str(word).lower() for word in _list(preset, values, key, object))
        for key in values
    }
    for key, said in words.items():
        if not said:
            raise InputError(
                f"semantics {preset!r}: values.{key} of field {name} has no word. Leave it out, or name one."
            )
    if "unit" in raw:
        timed = [field.name for field in FACT_FIELDS if field.name.endswith("_s")]
        _check("field with a unit", name, [*timed, "coverage"])
    unit = str(raw.get("unit", "s"))
    _check("unit", unit, _UNITS)
    combine = str(raw.get("combine", "first"))
    _check("combine", combine, ("first", "all"))
    of_diff = _flag(preset, raw, "of_diff")
    if of_diff:
        _check("field that is counted in a diff", name, _OF_DIFF)
    return FieldRule(
        name=name,
        roles=roles,
        paths=paths,
        values=words,
        scale=_UNITS[unit],
        combine=combine,
        of_diff=of_diff,
        expected=_flag(preset, raw, "expected"),
    )


def _table(
    preset: str, raw: Mapping[str, Any], entry: str, valid: Sequence[str] | None
) -> Mapping[str, Any]:
    table = raw.get(entry, {})
    if not isinstance(table, dict):
        raise InputError(f"semantics {preset!r}: {entry} must be a table, not {table!r}.")
    for key in table if valid else ():
        _check(f"entry of {entry}", key, valid or ())
    return table


def _list(preset: str, raw: Mapping[str, Any], entry: str, kind: type) -> tuple[Any, ...]:
    entries = raw.get(entry, [])
    if not isinstance(entries, list) or not all(isinstance(each, kind) for each in entries):
        of = {str: "texts", dict: "tables"}.get(kind, "words")
        raise InputError(f"semantics {preset!r}: {entry} must be a list of {of}, not {entries!r}.")
    return tuple(entries)


def _flag(preset: str, raw: Mapping[str, Any], entry: str) -> bool:
    flag = raw.get(entry, False)
    if not isinstance(flag, bool):
        raise InputError(f"semantics {preset!r}: {entry} must be true or false, not {flag!r}.")
    return flag


def _check(kind: str, word: str, valid: "Sequence[str] | Mapping[str, Any]") -> None:
    if word not in valid:
        raise UnknownNameError(kind, word, valid)

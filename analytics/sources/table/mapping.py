"""What the columns of a user's own table mean: read from TOML, checked here.

A mapping names the type of everything it takes (the type of our field), so that nothing is inferred:
an id that is a number in some rows is the same text in all.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from analytics.errors import InputError, UnknownNameError
from analytics.schema import CALLS, FACT_FIELDS
from analytics.sources.table.cells import CHOICES, UNITS, Cell, word

ROWS = ("run", "trial", "call", "batch")
"""What one row can be. A trial is a run that its task and attempt identify."""

BUNDLED = ("aider", "tau", "tau-labels", "vexp")
"""Mappings that ship."""

_ENTRIES = ("title", "rows", "source", "agent", "path", "each", "table", "additive_cache", "fields")
_KEYS = ("column", "join", "value", "values", "unit", "null", "error_prefix")
_COLUMNS = {
    **dict.fromkeys(("id", "trace_id", "parent_id", "thread_id", "project", "agent"), "text"),
    **dict.fromkeys(("op", "tool", "model", "provider", "error_type", "error_message"), "text"),
    "status": "choice",
    **dict.fromkeys(("started_at", "ended_at"), "time"),
    "duration": "seconds",
    **{name: "count" for name in CALLS.columns if name.endswith("_tokens")},
    "cost_usd": "dollars",
    "tools": "tools",
    "messages": "messages",
    "diff": "text",
    "pass_rate": "share",
}
"""Fields that are no facts -> what kind of value they take."""

_OF_TYPE = {
    "VARCHAR": "text",
    "VARCHAR[]": "texts",
    "BIGINT": "count",
    "DOUBLE": "number",
    "BOOLEAN": "choice",
}
_ONLY_FOR = {
    "op": ("call",),
    "tools": ("run", "trial"),
    "messages": ("run", "trial"),
    "pass_rate": ("batch",),
}
_NEEDED = {"trial": ("task", "attempt"), "call": ("trace_id",)}


def _kind(name: str, stored: str) -> str:
    if name in CHOICES:
        return "choice"
    if stored == "DOUBLE" and name.endswith("_s"):
        return "seconds"
    return "share" if name == "coverage" else _OF_TYPE[stored]


FIELDS = {**{field.name: _kind(field.name, field.type) for field in FACT_FIELDS}, **_COLUMNS}
"""Every field that a column can be mapped to -> what kind of value it takes."""


@dataclass(frozen=True, kw_only=True)
class TableMapping:
    """One mapping file."""

    name: str
    title: str
    source: str
    """What the calls of the table are stored under."""
    rows: str
    cells: Mapping[str, Cell]
    """Our field -> where it stands."""
    agent: str | None = None
    """Name of the agent system, where no column says it."""
    path: str = ""
    """Where in a JSON or YAML document the list stands."""
    each: str = ""
    """A list inside each record, of which every item is a row."""
    table: str = ""
    """Which table of an SQLite file."""
    additive_cache: bool = False
    """Whether the table counts cached tokens beside the input instead of in it."""

    @property
    def key(self) -> tuple[str, ...]:
        """Fields without whose columns a file cannot be meant by this mapping."""
        needed = ("id",) if "id" in self.cells else ()
        found = (*needed, *(name for name in _NEEDED.get(self.rows, ()) if name in self.cells))
        return found or tuple(name for name in ("task",) if name in self.cells)


def load(name_or_path: str) -> TableMapping:
    """Read a bundled mapping by name, or a user's own by path.

    Raises:
        InputError: neither a mapping that ships nor a readable, well-formed mapping file.
    """
    if name_or_path in BUNDLED:
        bundled = files("analytics.sources.table") / "mappings" / f"{name_or_path}.toml"
        return parse(name_or_path, bundled.read_text("utf-8"))
    path = Path(name_or_path)
    if not name_or_path.strip() or (not path.suffix and not path.exists()):
        raise UnknownNameError("mapping", name_or_path, BUNDLED)
    try:
        return parse(path.stem, path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as fault:
        raise InputError(f"cannot read mapping {path}: {fault}. Nothing was imported.") from fault


def parse(name: str, text: str) -> TableMapping:
    """Check a mapping and return what it says.

    Raises:
        InputError: not TOML, an unknown word, or a field that lacks something.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise InputError(f"mapping {name!r} is not TOML: {fault}.") from fault
    for entry in raw:
        _check("entry of a mapping", entry, _ENTRIES)
    rows = _text(name, raw, "rows")
    if not rows:
        raise InputError(f"mapping {name!r} needs rows = one of {', '.join(ROWS)}.")
    _check("kind of rows", rows, ROWS)
    fields = raw.get("fields")
    if not isinstance(fields, dict) or not fields:
        raise InputError(
            f'mapping {name!r} needs a table [fields] with our field = "their column".'
        )
    cells = {field: _cell(name, field, said) for field, said in fields.items()}
    for field in cells:
        if rows not in _ONLY_FOR.get(field, ROWS):
            of = " or ".join(_ONLY_FOR[field])
            raise InputError(f"mapping {name!r}: {field} is for rows = {of}, not {rows}.")
    for field in _NEEDED.get(rows, ()):
        if field not in cells:
            raise InputError(f"mapping {name!r}: rows = {rows} needs a field {field}.")
    additive = raw.get("additive_cache", False)
    if not isinstance(additive, bool):
        raise InputError(f"mapping {name!r}: additive_cache must be true or false.")
    return TableMapping(
        name=name,
        title=_text(name, raw, "title") or name,
        source=_text(name, raw, "source") or name,
        rows=rows,
        cells=cells,
        agent=_text(name, raw, "agent") or None,
        path=_text(name, raw, "path"),
        each=_text(name, raw, "each"),
        table=_text(name, raw, "table"),
        additive_cache=additive,
    )


def _cell(mapping: str, field: str, said: object) -> Cell:
    _check("field", field, FIELDS)
    entry = said if isinstance(said, dict) else {"column": said}
    for key in entry:
        _check(f"key of field {field}:", key, _KEYS)
    given = [key for key in ("column", "join", "value") if key in entry]
    if len(given) != 1:
        raise InputError(
            f"mapping {mapping!r}: {field} needs exactly one of column (their column, or a list of "
            "which the first that holds something counts), join (several columns), value (the same "
            "for every row)."
        )
    kind = FIELDS[field]
    if "join" in entry and kind != "text":
        raise InputError(f"mapping {mapping!r}: only a text can be joined, and {field} is none.")
    return Cell(
        name=field,
        kind=kind,
        columns=_columns(mapping, field, entry),
        joined="join" in entry,
        constant=entry.get("value"),
        values=_values(mapping, field, kind, entry),
        unit=_unit(mapping, field, kind, entry),
        null=frozenset(word(one) for one in _list(mapping, field, entry, "null")),
        error_prefix=_prefix(mapping, field, kind, entry),
    )


def _columns(mapping: str, field: str, entry: Mapping[str, Any]) -> tuple[str, ...]:
    said = entry.get("column", entry.get("join", []))
    columns = [said] if isinstance(said, str) else said
    sound = isinstance(columns, list) and all(isinstance(c, str) and c for c in columns)
    if not sound or not (columns or "value" in entry):
        raise InputError(f"mapping {mapping!r}: {field} must name columns, not {said!r}.")
    return tuple(columns)


def _values(
    mapping: str, field: str, kind: str, entry: Mapping[str, Any]
) -> dict[str, tuple[str, ...]]:
    table = entry.get("values", {})
    if not isinstance(table, dict):
        raise InputError(
            f"mapping {mapping!r}: values of {field} must be a table: ours = [their words]."
        )
    if table and kind not in ("text", "choice"):
        raise InputError(f"mapping {mapping!r}: {field} is a {kind}, so words mean nothing in it.")
    for ours in table if kind == "choice" else ():
        _check(f"value of {field}", ours, CHOICES.get(field, CHOICES["passed"]))
    return {ours: tuple(map(word, _list(mapping, field, table, ours))) for ours in table}


def _unit(mapping: str, field: str, kind: str, entry: Mapping[str, Any]) -> str:
    units = UNITS.get(kind, {})
    if "unit" in entry and not units:
        timed = sorted(name for name, of in FIELDS.items() if of in UNITS)
        raise InputError(
            f"mapping {mapping!r}: {field} has no unit; {', '.join(timed)} can have one."
        )
    unit = entry.get("unit", next(iter(units), ""))
    if units:
        _check(f"unit of {field}", str(unit), units)
    return str(unit)


def _prefix(mapping: str, field: str, kind: str, entry: Mapping[str, Any]) -> str:
    prefix = entry.get("error_prefix", "")
    if not isinstance(prefix, str) or (prefix and kind != "messages"):
        raise InputError(
            f"mapping {mapping!r}: error_prefix is a text, and for messages only, not for {field}."
        )
    return prefix


def _list(mapping: str, field: str, raw: Mapping[str, Any], key: str) -> list[Any]:
    found = raw.get(key, [])
    listed = found if isinstance(found, list) else [found]
    if any(isinstance(one, dict | list) for one in listed):
        raise InputError(f"mapping {mapping!r}: {key} of {field} must be a list of words.")
    return listed


def _text(mapping: str, raw: Mapping[str, Any], entry: str) -> str:
    found = raw.get(entry, "")
    if not isinstance(found, str):
        raise InputError(f"mapping {mapping!r}: {entry} must be a text, not {found!r}.")
    return found


def _check(kind: str, name: str, valid: Sequence[str] | Mapping[str, Any]) -> None:
    if name not in valid:
        raise UnknownNameError(kind, name, valid)

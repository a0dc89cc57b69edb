"""Proposes a mapping for a table that nobody has described yet: by names, then by what the cells hold.

Every line says its reason, and every column that is left out says why, so that a person can check it.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from analytics.errors import InputError
from analytics.sources.rows import CallWriter, excerpt
from analytics.sources.table import rows
from analytics.sources.table.cells import as_text, word
from analytics.sources.table.guess import Guess, guess
from analytics.sources.table.mapping import FIELDS, parse
from analytics.sources.table.names import NAMES

_LOOKED_AT = 10_000
_DEEPEST = 3
_APART = ("attempt", "variant", "model", "batch", "agent", "started_at")
"""Fields that tell runs of one task apart."""

_BATCH_ONLY = ("pass_rate", "runs_total", "runs_passed", "runs_failed")
_RUN_ONLY = ("tools", "messages")
_CALL_ONLY = ("trace_id", "parent_id", "op")
_UUID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}|[0-9A-HJKMNP-TV-Z]{26}")


@dataclass(kw_only=True)
class _Table:
    """The rows that were looked at, column by column; a leaf of an object is a column of its own."""

    path: str = ""
    table: str = ""
    remarks: list[str] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    columns: dict[str, list[object]] = field(default_factory=dict)
    """Column -> its value in each row, None where it has none."""

    def distinct(self, columns: tuple[str, ...]) -> bool:
        """Say whether some columns together are filled in every row and differ in all."""
        keys = list(zip(*(self.columns[column] for column in columns), strict=True))
        sound = all(as_text(part).strip() and part is not None for key in keys for part in key)
        return sound and len({tuple(map(as_text, key)) for key in keys}) == len(keys)


@dataclass(kw_only=True)
class _Plan:
    kind: str = "run"
    id_line: str = ""
    fields: dict[str, tuple[str, Guess]] = field(default_factory=dict)
    """Our field -> their column, and how it is read."""
    left_out: dict[str, str] = field(default_factory=dict)


def propose(path: Path, name: str) -> str:
    """Return a mapping for a file as TOML with a reason on each line; it can be used as it is.

    Args:
        path: a plain file.
        name: how the user calls it.

    Raises:
        InputError: the file holds no table, or none of which anything is known.
    """
    found = _look(path, name)
    plan = _plan(found)
    if not (plan.fields or plan.id_line):
        shown = ", ".join(map(repr, list(found.columns)[:30]))
        raise InputError(
            f"no column of {name} is called like anything that can be mapped ({shown}). "
            f"A mapping written by hand can take: {', '.join(FIELDS)}."
        )
    text = "\n".join(_written(found, plan, name)) + "\n"
    parse(Path(name).stem, text)
    return text


def _look(path: Path, name: str) -> _Table:
    import duckdb

    found = _Table()
    with (
        TemporaryDirectory(prefix="patchpilot-map-") as folder,
        duckdb.connect() as con,
        CallWriter(con, "proposal", Path(folder), name) as out,
    ):
        _choose_list(found, path, out)
        mapping = parse("proposal", _skeleton(found))
        found.records = [record for _, record in islice(rows.read(path, out, mapping), _LOOKED_AT)]
        if not found.records:
            why = f": {out.rejects[0].reason}" if out.rejects else ""
            raise InputError(f"{name} holds no rows to propose a mapping for{why}.")
        if len(found.records) == _LOOKED_AT:
            found.remarks.append(f"Only the first {_LOOKED_AT:,} rows were looked at.")
        if out.rejects:
            found.remarks.append(
                f"{len(out.rejects):,} records are no rows; the first: {out.rejects[0].reason}"
            )
    for position, record in enumerate(found.records):
        for column, value in _leaves(record):
            values = found.columns.setdefault(column, [None] * len(found.records))
            values[position] = value
    return found


def _choose_list(found: _Table, path: Path, out: CallWriter) -> None:
    if rows.kind(path) == "sqlite":
        names = rows.tables(path)
        if not names:
            raise InputError(f"{path.name} holds no tables. There is nothing to map.")
        likely = [n for n in names if re.search("run|trace|result|session|issue", n.lower())]
        found.table = (likely or names)[0]
        if len(names) > 1:
            others = ", ".join(n for n in names if n != found.table)
            found.remarks.append(f"table {found.table} is one of several; others: {others}")
        return
    known = rows.lists(path, out)
    if known:
        found.path = known[0]
        if len(known) > 1:
            found.remarks.append(f"the list at {known[0]} is one of several: {', '.join(known)}")


def _skeleton(found: _Table) -> str:
    lines = ['rows = "run"', f"path = {_quoted(found.path)}", f"table = {_quoted(found.table)}"]
    return "\n".join([*lines, "[fields]", 'mode = { value = "" }'])


def _leaves(record: dict[str, Any], prefix: str = "", depth: int = 1) -> Iterator[tuple[str, Any]]:
    for key, value in record.items():
        column = f"{prefix}{key}"
        # What counts calls by tool is one value; any other object is columns.
        counts = _plain(key) in NAMES["tools"] and all(
            word(one).isdigit() for one in (value.values() if isinstance(value, dict) else ())
        )
        if isinstance(value, dict) and value and depth < _DEEPEST and not counts:
            yield from _leaves(value, f"{column}.", depth + 1)
        else:
            yield column, value


def _plain(column: str) -> str:
    return re.sub(r"[^a-z0-9]", "", column.lower())


def _plan(found: _Table) -> _Plan:
    plan = _Plan()
    for ours in NAMES:
        if ours != "id":
            _take(plan, found, ours)
    plan.kind = _kind_of_rows(plan, found)
    unfit = {
        "batch": (*_RUN_ONLY, *_CALL_ONLY),
        "call": (*_RUN_ONLY, *_BATCH_ONLY),
        "run": (*_BATCH_ONLY, *_CALL_ONLY),
    }
    for ours in unfit[plan.kind]:
        if ours in plan.fields:
            column, _ = plan.fields.pop(ours)
            plan.left_out.setdefault(column, f"{ours} is nothing that a {plan.kind} has")
    _choose_id(plan, found)
    used = {column for column, _ in plan.fields.values()}
    for column, values in found.columns.items():
        if column not in used:
            plan.left_out.setdefault(column, _unused(column, values))
    plan.left_out = {c: why for c, why in plan.left_out.items() if c not in used}
    return plan


def _unused(column: str, values: list[object]) -> str:
    held = [value for value in values if value not in (None, "", [])]
    if not held:
        return "empty in every row"
    if all(isinstance(value, list) and isinstance(value[0], dict) for value in held):
        return f"a list of objects: each = {_quoted(column)} would make a row of each of them"
    return "no field of ours goes by a name like this"


def _take(plan: _Plan, found: _Table, ours: str) -> None:
    used = {column for name, (column, _) in plan.fields.items() if not _shares(name, ours)}
    for name in NAMES[ours]:
        for column, values in found.columns.items():
            full, leaf = _plain(column), _plain(column.rpartition(".")[2])
            unit_apart = FIELDS[ours] in ("seconds", "dollars") and full.startswith(name)
            if column in used or not (name in (full, leaf) or (unit_apart and len(name) > 3)):
                continue
            told = guess(ours, column, values)
            if isinstance(told, Guess):
                plan.fields[ours] = column, told
                plan.left_out.pop(column, None)
                return
            plan.left_out[column] = f"called like {ours}, but {told}"


def _shares(one: str, other: str) -> bool:
    """Say whether two fields may come from one column: a trace's id is often also a run's or a task's."""
    return {one, other} <= {"id", "trace_id", "task", "batch"}


def _kind_of_rows(plan: _Plan, found: _Table) -> str:
    if "runs_total" in plan.fields and {"runs_passed", "pass_rate"} & set(plan.fields):
        return "batch"
    if "trace_id" in plan.fields:
        steps = {"op", "tool", "parent_id"} & set(plan.fields)
        if steps and not found.distinct((plan.fields["trace_id"][0],)):
            return "call"
    return "run"


def _choose_id(plan: _Plan, found: _Table) -> None:
    count = f"{len(found.records):,}"
    likely = [
        column
        for name in NAMES["id"]
        for column in found.columns
        if name in (_plain(column), _plain(column.rpartition(".")[2]))
    ]
    uuids = [c for c, values in found.columns.items() if values and all(map(_is_uuid, values))]
    for column in dict.fromkeys((*likely, *uuids)):
        if found.distinct((column,)):
            plan.id_line = f"id = {_quoted(column)} # {count} different values in {count} rows"
            plan.left_out[column] = ""
            return
    apart = [plan.fields[name][0] for name in _APART if name in plan.fields]
    stems = [plan.fields["task"][0]] if "task" in plan.fields else likely[:1]
    for stem in stems:
        for size in (1, 2, 3):
            for more in combinations([c for c in apart if c != stem], size):
                if found.distinct((stem, *more)):
                    joined = ", ".join(map(_quoted, (stem, *more)))
                    plan.id_line = f"id = {{ join = [{joined}] }} # only together do they differ"
                    return


def _is_uuid(value: object) -> bool:
    return isinstance(value, str) and bool(_UUID.fullmatch(value))


def _written(found: _Table, plan: _Plan, name: str) -> Iterator[str]:
    yield f"# Proposed for {excerpt(Path(name).name)} by the names and cells of its columns. Check it."
    yield from (f"# {excerpt(remark)}" for remark in found.remarks)
    yield f"rows = {_quoted(plan.kind)} # {_WHY[plan.kind]}"
    stem = re.sub(r"[^\w.-]+", "-", Path(name).name.partition(".")[0]).strip("-") or "table"
    yield f"source = {_quoted(stem)} # what it is stored under; files that repeat its rows share it"
    if found.path:
        yield f"path = {_quoted(found.path)} # where the list of rows stands"
    if found.table:
        yield f"table = {_quoted(found.table)}"
    if reason := _additive(found, plan):
        yield f"additive_cache = true # {reason}"
    yield ""
    yield "[fields]"
    if plan.id_line:
        yield plan.id_line
    else:
        yield "# id: no column, and no few columns together, differ in every row. Without an id a row is"
        yield "# known by all it holds: a cell that changes makes another run of it."
    if not {"passed", "claimed"} & set(plan.fields) and plan.kind == "run":
        yield "# passed: no column says how a run came out, so its outcome is unknown. Name the column:"
        yield '# passed = { column = "...", values = { true = ["..."], false = ["..."] } }'
    for ours, (column, told) in plan.fields.items():
        yield f"{ours} = {_entry(column, told)} # {excerpt(told.reason)}"
    left = {column: why for column, why in plan.left_out.items() if why}
    if left:
        yield ""
        yield "# Left out; they are kept with the row, and no number is made of them:"
        yield from (f"# {excerpt(column)}: {excerpt(why)}" for column, why in left.items())


_WHY = {
    "run": "one row is one agent system on one task",
    "batch": "one row counts many runs",
    "call": "several rows share a trace: one row is one step of it",
}


def _entry(column: str, told: Guess) -> str:
    extras = [f"column = {_quoted(column)}"]
    if told.values:
        words = (f"{ours} = [{', '.join(map(_quoted, ws))}]" for ours, ws in told.values.items())
        extras.append(f"values = {{ {', '.join(words)} }}")
    if told.unit:
        extras.append(f"unit = {_quoted(told.unit)}")
    if told.null:
        extras.append(f"null = [{', '.join(map(_quoted, told.null))}]")
    return _quoted(column) if len(extras) == 1 else f"{{ {', '.join(extras)} }}"


def _additive(found: _Table, plan: _Plan) -> str:
    """Return why cached tokens must stand beside the input, not in it; nothing where they need not."""
    if not {"input_tokens", "cache_read_tokens"} <= set(plan.fields):
        return ""
    sent, cached = (found.columns[plan.fields[n][0]] for n in ("input_tokens", "cache_read_tokens"))
    pairs = [(word(a), word(b)) for a, b in zip(sent, cached, strict=True)]
    more = sum(int(b) > int(a) for a, b in pairs if a.isdigit() and b.isdigit())
    return f"in {more:,} rows more came from the cache than was sent in all" if more else ""


def _quoted(text: object) -> str:
    """Return a text as TOML writes it, which is as JSON does but for one control character."""
    return json.dumps(as_text(text), ensure_ascii=False).replace("\x7f", "\\u007f")

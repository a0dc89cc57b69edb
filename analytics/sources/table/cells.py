"""One cell of a table as the value of one of our fields; pure. What a cell cannot say is unknown."""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from analytics.sources.rows import excerpt
from analytics.sources.values import count, moment

CHOICES = {
    "passed": ("true", "false"),
    "knowledge_hit": ("true", "false"),
    "first_time_right": ("true", "false"),
    "claimed": ("pass", "fail"),
    "status": ("ok", "error", "running"),
    "error_kind": ("infra", "agent", "timeout"),
}
"""Fields that have few values."""

UNITS: Mapping[str, Mapping[str, float]] = {
    "seconds": {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "min": 60.0, "h": 3600.0},
    "share": {"fraction": 1.0, "percent": 0.01},
    "dollars": {"usd": 1.0, "cents": 0.01},
    "time": {"iso": 0.0, "epoch_s": 1e6, "epoch_ms": 1e3, "epoch_us": 1.0, "epoch_ns": 1e-3},
}
"""Kind of value -> units that it may come in and their factor; the first is the one assumed."""

_EPOCH = datetime(1970, 1, 1)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_WHOLE = re.compile(r"([+-]?\d+)\.0+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_ZONED = re.compile(r"(?:Z|[+-]\d{2}(?::?\d{2})?)$")
_WORDS = {
    "true": ("true", "1", "yes"),
    "false": ("false", "0", "no"),
    "pass": ("pass", "true", "1"),
    "fail": ("fail", "false", "0"),
}
_LONGEST_SPAN_S = 1e9
_ABSENT = object()


class BadCellError(ValueError):
    """What a cell is not."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Where one of our fields stands in a row, and how it is written there."""

    name: str
    kind: str
    columns: tuple[str, ...] = ()
    """Their columns: the first that holds something counts, or all of them joined."""
    joined: bool = False
    constant: object = None
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Our value -> their words for it."""
    unit: str = ""
    null: frozenset[str] = frozenset()
    """Words that mean unknown."""
    error_prefix: str = ""
    """How a tool's answer begins that tells of a failure."""


class Told:
    """What is worth telling the user of the cells that were read."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._bad: dict[tuple[str, str], list[Any]] = {}
        self._naive: set[str] = set()
        self._dates: set[str] = set()

    def bad(self, cell: Cell, column: str, fault: BadCellError, line: int, raw: object) -> None:
        """Count a cell that could not be read."""
        first = self._bad.setdefault((cell.name, column), [0, fault, line, excerpt(raw)[:60]])
        first[0] += 1

    def naive(self, column: str, *, only_date: bool) -> None:
        """Remember that a column has times without a zone."""
        (self._dates if only_date else self._naive).add(column)

    def notes(self) -> list[str]:
        """Return one sentence per thing."""
        found = [
            f"column {column} gives no {name} in {counted(cells, 'row')}, which leaves it unknown: "
            f"{fault} (first: row {line}, {shown})."
            for (name, column), (cells, fault, line, shown) in self._bad.items()
        ]
        if self._naive:
            found.append(f"times without a zone ({_few(self._naive)}) are taken for UTC.")
        if self._dates:
            found.append(f"dates without a time ({_few(self._dates)}) are taken for midnight, UTC.")
        return found


def counted(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "row"), counted(1000, "row")
    ('1 row', '1,000 rows')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _few(names: set[str]) -> str:
    return ", ".join(sorted(names))


def word(value: object) -> str:
    """Return how a value is compared: yes and 1 are the same word in every file format.

    >>> word(True), word("True "), word(1.0), word("1.0"), word("N/A")
    ('true', 'true', '1', '1', 'n/a')
    """
    return _WHOLE.sub(r"\1", as_text(value).strip().lower())


def as_text(value: object) -> str:
    """Return a value as text, whole numbers without a fraction; an id must not depend on the format."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def at(record: Mapping[str, Any], path: str) -> object:
    """Return what stands under a column, or at a path with dots and [0]; None for nothing.

    >>> at({"a.b": 1}, "a.b"), at({"a": {"b": [2, 3]}}, "a.b[1]"), at({"a": 1}, "a.b")
    (1, 3, None)
    """
    found = look_up(record, path)
    return None if found is _ABSENT else found


def holds(record: Mapping[str, Any], path: str) -> bool:
    """Say whether a row has a column, be it empty."""
    return look_up(record, path) is not _ABSENT


def look_up(record: Mapping[str, Any], path: str) -> object:
    """Return what stands at a path, or a mark of our own where the path does not exist."""
    if path in record:
        return record[path]
    found: Any = record
    for step in re.findall(r"[^.\[\]]+|\[\d+\]", path):
        if step.startswith("["):
            index = int(step[1:-1])
            sound = isinstance(found, list) and index < len(found)
            found = found[index] if sound else _ABSENT
        else:
            found = found.get(step, _ABSENT) if isinstance(found, dict) else _ABSENT
        if found is _ABSENT:
            break
    return found


def is_null(value: object, cell: Cell) -> bool:
    """Say whether a raw value means unknown."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return True
    if isinstance(value, float) and math.isnan(value):
        return True
    return bool(cell.null) and not isinstance(value, dict | list) and word(value) in cell.null


def raw(record: Mapping[str, Any], cell: Cell) -> tuple[str, object]:
    """Return the column that decides and what it holds; None where nothing is known."""
    if cell.constant is not None:
        return "value", cell.constant
    parts = [(column, at(record, column)) for column in cell.columns]
    if cell.joined:
        if any(is_null(part, cell) or isinstance(part, dict | list) for _, part in parts):
            return "", None
        return " + ".join(cell.columns), "/".join(as_text(part) for _, part in parts)
    return next((p for p in parts if not is_null(p[1], cell)), ("", None))


def read(record: Mapping[str, Any], cell: Cell, line: int, told: Told) -> Any:  # noqa: ANN401 - by kind
    """Return the value of one field in one row; None where it is unknown or cannot be read."""
    column, found = raw(record, cell)
    if found is None:
        return None
    try:
        return _READERS[cell.kind](found, cell, column, told)
    except BadCellError as fault:
        told.bad(cell, column, fault, line, found)
        return None


def figure(value: object) -> float | int:
    """Return a number, also one written with a dollar sign, thousands or a percent sign.

    >>> figure("$1,234.50"), figure("61.7%"), figure(" 12 ")
    (1234.5, 61.7, 12)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise BadCellError("no number")
    if isinstance(value, str):
        bare = value.strip().removeprefix("$").removesuffix("%").strip()
        bare = bare.replace(",", "") if _GROUPED.fullmatch(bare) else bare
        if not _NUMBER.fullmatch(bare) or len(bare) > 40:
            raise BadCellError("no number")
        value = int(bare) if bare.lstrip("+-").isdigit() else float(bare)
    if not math.isfinite(value):
        raise BadCellError("no number")
    return value


def _text(value: object, cell: Cell, column: str, told: Told) -> str:
    if isinstance(value, dict | list):
        raise BadCellError("no text")
    said = word(value)
    chosen = next((ours for ours, words in cell.values.items() if said in words), None)
    return chosen or as_text(value)


def _choice(value: object, cell: Cell, column: str, told: Told) -> str | bool:
    choices = CHOICES[cell.name]
    said = "" if isinstance(value, dict | list) else word(value)
    words = cell.values or {ours: _WORDS.get(ours, (ours,)) for ours in choices}
    chosen = next((ours for ours, theirs in words.items() if said in theirs), None)
    if chosen is None:
        raise BadCellError(f"the mapping gives it no value ({', '.join(choices)})")
    return chosen == "true" if choices[0] == "true" else chosen


def _texts(value: object, cell: Cell, column: str, told: Told) -> list[str]:
    found = structure(value, "[")
    listed = found if isinstance(found, list) else str(found).split(",")
    return [as_text(one).strip() for one in listed if not isinstance(one, dict | list)]


def _count(value: object, cell: Cell, column: str, told: Told) -> int:
    found = count(figure(value))
    if found is None:
        raise BadCellError("no whole number from 0")
    return found


def _number(value: object, cell: Cell, column: str, told: Told) -> float:
    return float(figure(value))


def _scaled(value: object, cell: Cell, column: str, told: Told) -> float:
    found = figure(value) * UNITS[cell.kind][cell.unit]
    if found < 0 or (cell.kind == "seconds" and found > _LONGEST_SPAN_S):
        raise BadCellError("out of range")
    return found


def _share(value: object, cell: Cell, column: str, told: Told) -> float:
    marked = isinstance(value, str) and value.strip().endswith("%")
    in_percent = marked or cell.unit == "percent"
    # Rounded: 35.6 % is to be the same number as 0.356.
    found = round(figure(value) / 100, 12) if in_percent else float(figure(value))
    if not 0 <= found <= 1:
        raise BadCellError("not from 0 to 1 (unit = percent takes 0 to 100)")
    return found


def _time(value: object, cell: Cell, column: str, told: Told) -> datetime:
    if cell.unit != "iso":
        return _epoch(value, cell)
    said = value.strip() if isinstance(value, str) else ""
    said = said.removesuffix(" UTC") + "Z" if said.endswith(" UTC") else said
    if _DATE.fullmatch(said):
        told.naive(column, only_date=True)
        said += "T00:00"
    elif not _ZONED.search(said[10:]):
        told.naive(column, only_date=False)
    found = moment(said)
    if found is None:
        raise BadCellError("no ISO 8601 time (unit = epoch_s, epoch_ms, epoch_us or epoch_ns?)")
    return found


def _epoch(value: object, cell: Cell) -> datetime:
    found, factor = figure(value), UNITS["time"][cell.unit]
    exact = isinstance(found, int)
    micros = found // round(1 / factor) if exact and factor < 1 else round(found * factor)
    try:
        if micros <= 0:
            raise BadCellError("no time")
        return _EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        raise BadCellError("out of range") from None


def _tools(value: object, cell: Cell, column: str, told: Told) -> dict[str, int]:
    found = structure(value, "[{")
    if isinstance(found, list):
        names = [as_text(one) for one in found if isinstance(one, str)]
        return {name: names.count(name) for name in dict.fromkeys(names)}
    if not isinstance(found, dict):
        raise BadCellError("neither {tool: calls} nor a list of tools")
    calls = {str(name): count(number) for name, number in found.items() if number is not None}
    if None in calls.values():
        raise BadCellError("the calls of a tool are no whole number")
    return {name: number for name, number in calls.items() if number}


def _messages(value: object, cell: Cell, column: str, told: Told) -> list[Any]:
    found = structure(value, "[")
    if not isinstance(found, list):
        raise BadCellError("no list of messages")
    return found


def structure(value: object, starts: str) -> object:
    """Return a list or an object, also from a cell that holds it as JSON text."""
    if isinstance(value, str) and value.lstrip()[:1] in tuple(starts):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


_READERS: dict[str, Callable[[object, Cell, str, Told], Any]] = {
    "text": _text,
    "choice": _choice,
    "texts": _texts,
    "count": _count,
    "number": _number,
    "seconds": _scaled,
    "dollars": _scaled,
    "share": _share,
    "time": _time,
    "tools": _tools,
    "messages": _messages,
}

"""Whether the cells of a column can be a field of ours, and how they would have to be read; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from analytics.sources.table import names
from analytics.sources.table.cells import (
    CHOICES,
    UNITS,
    BadCellError,
    Cell,
    Told,
    as_text,
    figure,
    read,
    structure,
    word,
)
from analytics.sources.table.mapping import FIELDS

_MANY_WORDS = 12
_FEW = 5
_LONG_S = 20_000


@dataclass(frozen=True, kw_only=True)
class Guess:
    """How a column is read, and why it is taken."""

    reason: str
    unit: str = ""
    null: tuple[str, ...] = ()
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def guess(ours: str, column: str, values: Sequence[object]) -> Guess | str:
    """Return how a column can be a field of ours, or why it cannot.

    Args:
        ours: the field.
        column: its name, which may end with a unit.
        values: the value in each row; None where there is none.
    """
    filled = [v for v in values if v is not None and str(v).strip()]
    if not filled:
        return "it is empty in every row"
    words = {word(v) for v in filled if not isinstance(v, dict | list)}
    null = tuple(sorted(words & names.NULL))
    known = [v for v in filled if isinstance(v, dict | list) or word(v) not in names.NULL]
    if not known:
        return f"every row says {', '.join(null)}"
    kind = FIELDS[ours]
    if kind == "choice":
        return _choice(ours, words, null)
    found = _GUESSES[kind](ours, column, known) if kind in _GUESSES else Guess(reason="")
    if isinstance(found, str):
        return found
    null = (*null, *found.null)
    unit = found.unit or next(iter(UNITS.get(kind, ())), "")
    cell = Cell(name=ours, kind=kind, columns=("it",), unit=unit)
    unfit = [v for v in known if read({"it": v}, cell, 0, Told()) is None]
    if unfit:
        return f"{as_text(unfit[0])[:40]!r} is no {_NOUNS.get(kind, kind)}"
    if ours == "attempt" and len(words) == len(values) > _FEW:
        return "it only numbers the rows"
    missing = len(values) - len(known)
    reason = found.reason or _what(kind, known)
    if missing:
        reason += f"; unknown in {missing:,} of {len(values):,} rows"
    return Guess(reason=reason, unit=found.unit, null=null)


_NOUNS = {"count": "whole number", "tools": "{tool: calls}", "messages": "list of messages"}


def _what(kind: str, known: Sequence[object]) -> str:
    if kind == "text":
        different = len({as_text(value) for value in known})
        return f"{different:,} different texts" if different > 1 else "the same text in every row"
    if kind in ("count", "number"):
        least, most = min(map(figure, known)), max(map(figure, known))
        return f"numbers from {least:,} to {most:,}"
    return {"tools": "calls by tool", "messages": "lists of messages"}.get(kind, "by its name")


def _choice(ours: str, words: set[str], null: tuple[str, ...]) -> Guess | str:
    words = words - names.NULL
    if not words or len(words) > _MANY_WORDS:
        return "it holds no few words"
    if ours == "status":
        table = {"ok": names.OK, "error": names.ERROR, "running": names.RUNNING}
        if words <= names.PASS | names.FAIL:
            return "its words tell of an outcome"
    else:
        yes, no = CHOICES[ours][:2]
        table = {yes: names.PASS, no: names.FAIL}
    values = {our: tuple(sorted(words & theirs)) for our, theirs in table.items()}
    values = {our: theirs for our, theirs in values.items() if theirs}
    strange = sorted(words - {w for theirs in values.values() for w in theirs})
    if not values or (strange and ours != "status" and len(strange) > len(words) / 2):
        return f"its words mean neither yes nor no: {', '.join(strange[:5])}"
    reason = {
        "claimed": "what the agent says of itself; call it passed where a test or a scorer says it",
        "passed": "taken for verified; call it claimed where only the agent says so",
    }.get(ours, "its words")
    if strange:
        reason += f"; without a meaning so far, so unknown: {', '.join(strange[:5])}"
    return Guess(reason=reason, values=values, null=null)


def _time(ours: str, column: str, known: Sequence[object]) -> Guess | str:
    numbers = _numbers(known)
    if numbers is None:
        zoned = all(as_text(v).strip().endswith(("Z", "UTC")) or "+" in as_text(v) for v in known)
        return Guess(reason="ISO 8601" if zoned else "ISO 8601; without a zone it is taken for UTC")
    middle = median(numbers)
    for unit, least in names.TIME_UNITS.items():
        if least / 2 <= middle < least * 10:
            return Guess(reason="as large as times since 1970 are in this unit", unit=unit)
    return "its numbers are no times since 1970"


def _seconds(ours: str, column: str, known: Sequence[object]) -> Guess | str:
    numbers = _numbers(known)
    if numbers is None:
        return "it holds no numbers"
    plain = column.lower().replace("_", "").replace("-", "")
    for unit, endings in names.SUFFIXES.items():
        # A bare s may be a plural: it counts as a unit only behind an underscore.
        if plain.endswith(endings[:-1]) or column.endswith(
            (f"_{endings[-1]}", _camel(endings[-1]))
        ):
            return Guess(reason="the name says the unit", unit="" if unit == "s" else unit)
    if median(numbers) > _LONG_S:
        return Guess(reason="no unit in the name; too large for seconds: check it", unit="ms")
    return Guess(reason="no unit in the name; taken for seconds: check it", unit="s")


def _camel(ending: str) -> str:
    return ending[0].upper() + ending[1:]


def _share(ours: str, column: str, known: Sequence[object]) -> Guess | str:
    numbers = _numbers(known)
    if numbers is None:
        return "it holds no numbers"
    if max(numbers) > 1:
        return Guess(reason=f"up to {max(numbers):g}, so it is in percent", unit="percent")
    return Guess(reason="from 0 to 1")


def _dollars(ours: str, column: str, known: Sequence[object]) -> Guess | str:
    numbers = _numbers(known)
    if numbers is None:
        return "it holds no numbers"
    unit = "cents" if column.lower().endswith(("cents", "cent")) else ""
    zeros = sum(number == 0 for number in numbers)
    if zeros:
        reason = (
            f"0 in {zeros:,} of {len(numbers):,} rows, which is what is written for an unknown cost"
        )
        return Guess(reason=reason, unit=unit, null=("0",))
    return Guess(reason=f"from {min(numbers):g} to {max(numbers):g}", unit=unit)


def _tools(ours: str, column: str, known: Sequence[object]) -> Guess | str:
    if any(not isinstance(structure(value, "[{"), dict | list) for value in known):
        return "it holds no {tool: calls}"
    return Guess(reason="calls by tool")


def _numbers(known: Sequence[object]) -> list[float] | None:
    try:
        return [float(figure(value)) for value in known]
    except BadCellError:
        return None


_GUESSES = {
    "time": _time,
    "seconds": _seconds,
    "share": _share,
    "dollars": _dollars,
    "tools": _tools,
}

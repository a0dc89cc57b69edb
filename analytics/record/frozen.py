"""A payload as it is now: what the caller does to it later does not change the record."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time
from enum import Enum
from math import isfinite
from os import PathLike, fspath

MOST_CHARACTERS = 1_000_000
"""A payload's text beyond this is left out, and the record says how much."""

_MOST_VALUES = 20_000
_DEEPEST = 40
_LONGEST_NAME = 500
_LEFT_OUT = "[left out: too large]"


def frozen(value: object) -> tuple[object, int]:
    """Return a copy that JSON can say, and about how many characters it has. Never raises.

    >>> frozen({"at": (1, float("nan")), "who": "me"})
    ({'at': [1, None], 'who': 'me'}, 7)
    """
    if value is None or value is True or value is False:
        return value, 4
    left = _Left()
    copy = left.copied(value, 0)
    return copy, MOST_CHARACTERS - left.characters


class _Left:
    """What one payload may still take."""

    __slots__ = ("characters", "values")

    def __init__(self) -> None:
        self.characters = MOST_CHARACTERS
        self.values = _MOST_VALUES

    def copied(self, value: object, depth: int) -> object:
        self.values -= 1
        if self.values < 0 or depth > _DEEPEST:
            return _LEFT_OUT
        kind = type(value)
        if kind is str:
            return self.text(value)  # type: ignore[arg-type]
        if value is None or kind is bool:
            return value
        if kind is int:
            # Python refuses to write longer ones, and nobody counts that far.
            return value if abs(value) < 1 << 63 else _LEFT_OUT  # type: ignore[operator]
        if kind is float:
            return value if isfinite(value) else None  # type: ignore[arg-type]
        try:
            return self.container(value, depth + 1)
        except Exception:  # noqa: BLE001 - the caller's objects may raise anything
            return f"<{kind.__name__}>"

    def container(self, value: object, depth: int) -> object:
        if isinstance(value, Mapping):
            return self.members(value.items(), depth)
        if isinstance(value, list | tuple | set | frozenset):
            copy: list[object] = []
            for inner in value:
                copy.append(self.copied(inner, depth))
                if self.values < 0:
                    break
            return copy
        if is_dataclass(value) and not isinstance(value, type):
            return self.members(
                ((each.name, getattr(value, each.name)) for each in fields(value)), depth
            )
        if isinstance(value, Enum):
            return self.copied(value.value, depth)
        if isinstance(value, date | time):
            return value.isoformat()
        if isinstance(value, PathLike):
            return self.text(str(fspath(value)))
        if isinstance(value, bytes | bytearray):
            return f"<{len(value)} bytes>"
        if isinstance(value, str | int | float):
            plain = next(each for each in (str, int, float) if isinstance(value, each))
            return self.copied(plain(value), depth)
        if type(value).__module__ == "numpy" and not getattr(value, "shape", None):
            return self.copied(value.item(), depth)  # type: ignore[attr-defined]
        return self.text(repr(value))

    def members(self, items: Iterable[tuple[object, object]], depth: int) -> dict[str, object]:
        copy: dict[str, object] = {}
        for key, inner in items:
            name = key if type(key) is str else str(key)
            self.characters -= len(name)
            copy[name[:_LONGEST_NAME]] = self.copied(inner, depth)
            if self.values < 0:
                break
        return copy

    def text(self, text: str) -> str:
        room = max(self.characters, 0)
        self.characters -= len(text)
        if len(text) <= room:
            return text
        return f"{text[:room]}[left out: {len(text) - room:,} characters]"

"""How a stored table is declared."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """One column of a stored table."""

    name: str
    type: str
    doc: str
    required: bool = False


@dataclass(frozen=True)
class Table:
    """One stored table: what a row is, and its columns in order."""

    name: str
    row: str
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()
    """Columns that identify a row; empty for append-only tables."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(field.name for field in self.fields)

    def __add__(self, more: tuple[Field, ...]) -> tuple[Field, ...]:
        """Return the columns followed by some more."""
        return self.fields + more

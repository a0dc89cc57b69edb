"""Raw records become rows of ``schema.CALLS``. One module per format; none imports another.

A source reads one input, writes Parquet files with exactly the columns of ``schema.CALLS`` and says
what it could not read. It knows neither the store nor a metric.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


GIVES = {
    "outcome": "whether a run passed: as the agent claims, or as somebody verified",
    "time": "how long steps took",
    "tokens": "tokens sent and received",
    "cost": "what it cost, by the source's own account",
    "tools": "which tools were called",
}
"""What a format can say of runs, with what that is."""


@dataclass(frozen=True, kw_only=True)
class Reject:
    """One record that was left out: where it stood, why, and how it begins."""

    file: str
    line: int | None
    reason: str
    excerpt: str = ""


@dataclass(frozen=True, kw_only=True)
class Staged:
    """What one input gave: Parquet files of ``schema.CALLS``, and what was left out."""

    format: str
    files: tuple[Path, ...] = ()
    rejects: tuple[Reject, ...] = ()
    notes: tuple[str, ...] = field(default=())
    """Sentences for the user, e.g. that an export looks cut at its limit."""


@dataclass(frozen=True, kw_only=True)
class SourceFormat:
    """One format: how it is known by its content, and how it is read."""

    name: str
    title: str
    recognise: Callable[[bytes, Path], str | None]
    """First bytes (decompressed) and path -> the reason why it is this format, or None."""
    stage: "Callable[[DuckDBPyConnection, Path, Path], Staged]"
    """Connection, plain (decompressed, complete) input file, empty folder for Parquet -> Staged."""
    gives: frozenset[str]
    """Which of ``GIVES`` its records can hold; every format says so."""

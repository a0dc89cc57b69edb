"""What can be said of a run: every column with a title, its unit, and how it is put into words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from math import isfinite
from typing import Any

from analytics.metrics.catalog import Unit
from analytics.render import UNKNOWN, moment, number
from analytics.schema import RUNS
from analytics.store.run_tables import COLUMNS, JUDGED


class Kind(Enum):
    """How a value reads; the text stands in the heading of a column of such values."""

    TEXT = ""
    FLAG = " "
    TIME = "UTC"
    SECONDS = "s"
    USD = "$"
    SHARE = "%"
    TOKENS = "tokens"
    COUNT = "count"
    NUMBER = "number"


_TITLES = {
    "started_at": "Began", "ended_at": "Ended", "last_seen_at": "Last seen", "duration_s": "Took",
    "cost_usd": "Cost", "cost_reported_usd": "Reported cost", "cost_computed_usd": "Computed cost",
    "costliest_usd": "Costliest call", "costliest_span_id": "Id of the costliest call",
    "agent": "Agent system", "op": "Op", "preset": "Semantics", "repo": "Repository", "run_id": "Run",
    "trace_id": "Trace", "spans_count": "Calls", "errors_count": "Calls that raised",
    "outcome_claimed": "Claimed", "outcome_verified": "Verified", "outcome_checked": "Checked",
    "outcome_reported": "Reported", "commit_sha": "Commit", "status": "End of its own call",
    "patches": "Patches made", "tests_total": "Tests", "commits": "Commits made",
    "cache_write_1h_tokens": "Cache write 1 h tokens", "errors_reported": "Errors reported",
}  # fmt: skip
"""Titles that the name of a column does not give."""

DEFAULT = (
    "started_at", "task", "outcome", "agent", "variant", "model", "duration_s", "tokens", "cost_usd",
)  # fmt: skip
"""Columns of the table of runs, unless others are chosen."""

GROUPS = {
    "What it is": (
        "run_id", "trace_id", "source", "project", "preset", "op", "op_version", "agent", "task",
        "attempt", "variant", "repo", "batch", "mode", "provider", "model", "temperature", "complexity",
    ),
    "How it went": (
        "state", "outcome", "outcome_claimed", "outcome_checked", "outcome_reported", "reported_by",
        "outcome_verified", "status", "error_type", "error_kind", "first_time_right",
    ),
    "Time": ("started_at", "ended_at", "last_seen_at", "duration_s", "deployment_time_s"),
    "Tokens and cost": (
        "tokens", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens",
        "cache_write_1h_tokens", "reasoning_tokens", "unpriced_tokens", "cost_usd", "cost_basis",
        "cost_reported_usd", "cost_computed_usd", "costliest_usd", "costliest_span_id",
    ),
}  # fmt: skip
"""Where a comparison puts columns; what is left stands under WORK."""

WORK = "Work"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One thing that is known of a run."""

    name: str
    title: str
    kind: Kind
    doc: str

    @property
    def heading(self) -> str:
        """The title with the unit, for a column of bare values."""
        unit = self.kind.value.strip()
        is_said = unit in ("", "count", "number") or unit in self.title.lower().split()
        return self.title if is_said else f"{self.title}, {unit}"

    @property
    def is_number(self) -> bool:
        """Whether values stand under each other by their digits."""
        return self.kind not in (Kind.TEXT, Kind.FLAG, Kind.TIME)

    def bare(self, value: Any) -> str:  # noqa: ANN401
        """Return a value as it stands under a heading that tells its unit."""
        if value is None or (isinstance(value, float) and not isfinite(value)):
            return UNKNOWN
        match self.kind:
            case Kind.SECONDS:
                return (
                    f"{value:,.0f}"
                    if value >= 100
                    else f"{value:,.1f}"
                    if value >= 1
                    else f"{value:.3f}"
                )
            case Kind.USD:
                return number(value, Unit.USD).replace("$", "")
            case Kind.SHARE:
                return f"{100 * value:.1f}"
            case Kind.TOKENS | Kind.COUNT:
                return f"{value:,}"
        return self.said(value)

    def said(self, value: Any) -> str:  # noqa: ANN401
        """Return a value with its unit."""
        if value is None:
            return UNKNOWN
        match self.kind:
            case Kind.TEXT:
                return str(value)
            case Kind.FLAG:
                return "yes" if value else "no"
            case Kind.TIME:
                return moment(value) if isinstance(value, datetime) else str(value)
            case Kind.SECONDS:
                return number(value, Unit.SECONDS)
            case Kind.USD:
                return number(value, Unit.USD)
            case Kind.SHARE:
                return number(value, Unit.SHARE)
            case Kind.TOKENS | Kind.COUNT:
                return f"{value:,}"
            case Kind.NUMBER:
                return f"{value:g}"


def _column(name: str) -> Column:
    fields = {field.name: field for field in RUNS.fields}
    doc = JUDGED[name] if name in JUDGED else fields[name].doc
    kind = _kind(name, fields[name].type if name in fields and name not in JUDGED else "")
    return Column(name=name, title=_title(name), kind=kind, doc=doc)


def _kind(name: str, stored: str) -> Kind:
    suffixes = {"_at": Kind.TIME, "_s": Kind.SECONDS, "_usd": Kind.USD, "tokens": Kind.TOKENS}
    for suffix, kind in suffixes.items():
        if name.endswith(suffix):
            return kind
    if name == "coverage":
        return Kind.SHARE
    types = {"BIGINT": Kind.COUNT, "DOUBLE": Kind.NUMBER, "BOOLEAN": Kind.FLAG}
    return types.get(stored, Kind.TEXT)


def _title(name: str) -> str:
    if name in _TITLES:
        return _TITLES[name]
    plain = name.removesuffix("_s").removesuffix("_usd").removesuffix("_count").replace("_", " ")
    return plain[:1].upper() + plain[1:]


KNOWN: Mapping[str, Column] = {name: _column(name) for name in COLUMNS}
"""Name -> column, in the order in which they are stored."""


def grouped() -> dict[str, list[Column]]:
    """Return every column under what it tells of."""
    placed = {name for names in GROUPS.values() for name in names}
    rest = tuple(name for name in KNOWN if name not in placed)
    groups = {**GROUPS, WORK: rest}
    return {title: [KNOWN[name] for name in names] for title, names in groups.items()}


def ending(run: Mapping[str, Any]) -> str:
    """Return in a word or two how a run stands: its outcome, else its state."""
    words = {"pass": "passed", "fail": "failed", "unknown": "outcome unknown"}
    return words[run["outcome"]] if run["state"] == "finished" else run["state"]


def name_of(run: Mapping[str, Any]) -> str:
    """Return what a run is called: its task, else its id."""
    return run["task"] or run["run_id"]

"""What part of the store a reader looks at: a period, filters, a focus; from a web address and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from analytics.constants import constant
from analytics.errors import nearest
from analytics.metrics.evaluate import CUTS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Parameters = Mapping[str, Sequence[str]]
"""Names and values as a web address carries them; an empty value stands for the unknown."""

Values = tuple[str | None, ...]


@dataclass(frozen=True, kw_only=True)
class Period:
    """A span of whole days that ends with the newest run."""

    name: str
    title: str
    days: int | None
    """None for everything there is."""


PERIODS = {
    period.name: period
    for period in (
        Period(name="7d", title="7 days", days=7),
        Period(name="14d", title="14 days", days=14),
        Period(name="28d", title="28 days", days=28),
        Period(name="90d", title="90 days", days=90),
        Period(name="all", title="All time", days=None),
    )
}

DEFAULT_PERIOD = PERIODS["14d"]

FILTER_TITLES = {
    "source": "Source", "project": "Project", "preset": "Semantics", "repo": "Repository",
    "agent": "Agent system", "model": "Model", "variant": "Variant", "op_version": "Op version",
    "bug_type": "Bug type", "task": "Task", "batch": "Batch", "state": "State",
}  # fmt: skip
"""Every column of CUTS as a person reads it."""

_MOST_VALUES = 50
_LONGEST_SHOWN = 60


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What is looked at. Hashable, so that answers can be kept by it."""

    period: Period = DEFAULT_PERIOD
    equal: tuple[tuple[str, Values], ...] = ()
    """Column of CUTS -> values let through (None: the unknown), in the order of CUTS."""
    days: tuple[date, date] | None = None
    """First and last day of a part of the period, both included."""
    sides: tuple[str, str] | None = None
    """Two variants to compare; None compares the older half with the newer one."""

    def filtered(self, column: str, values: Sequence[str | None]) -> "Scope":
        """Return this scope with other values for one column; without values the filter is gone."""
        kept = {**dict(self.equal), column: tuple(values)}
        equal = tuple((name, kept[name]) for name in CUTS if kept.get(name))
        return replace(self, equal=equal)

    def values(self, column: str) -> Values:
        """Return what a column is filtered by, empty where it is not."""
        return dict(self.equal).get(column, ())

    def parameters(self) -> dict[str, list[str]]:
        """Return the web address's parameters for this scope; what is default is left out.

        >>> Scope().filtered("variant", ["v2", None]).parameters()
        {'variant': ['v2', '']}
        """
        told = {column: [value or "" for value in values] for column, values in self.equal}
        if self.period != DEFAULT_PERIOD:
            told["period"] = [self.period.name]
        if self.days:
            told["from"], told["to"] = [self.days[0].isoformat()], [self.days[1].isoformat()]
        if self.sides:
            told["compare"] = list(self.sides)
        return told


PARAMETERS = (*CUTS, "period", "from", "to", "compare")
"""Names that a web address may carry."""


def parse(parameters: Parameters, con: "DuckDBPyConnection") -> tuple[Scope, tuple[str, ...]]:
    """Read a scope from a web address. What the store does not know is ignored, with a sentence why.

    Args:
        parameters: names and values; names that mean nothing here are left alone.
        con: a connection with the views, to know which values exist.

    Returns:
        The scope, and one sentence for each thing that was ignored.
    """
    notices: list[str] = []
    scope = Scope()
    for name in parameters.get("period", ())[:1]:
        if name in PERIODS:
            scope = replace(scope, period=PERIODS[name])
        else:
            notices.append(_ignored("period", name, PERIODS))
    for column in CUTS:
        asked = list(dict.fromkeys(parameters.get(column, ())))[:_MOST_VALUES]
        known = [value for value in asked if value == "" or _exists(con, column, value)]
        notices += [
            _ignored(FILTER_TITLES[column].lower(), value, options(con, column))
            for value in asked
            if value not in known
        ]
        scope = scope.filtered(column, [value or None for value in known])
    sides = tuple(parameters.get("compare", ()))
    if len(sides) == 2 and all(_exists(con, "variant", side) for side in sides):
        scope = replace(scope, sides=(sides[0], sides[1]))
    elif sides:
        notices.append("The comparison in the address needs two variants that exist: ignored.")
    return _with_days(scope, parameters, notices), tuple(notices)


def options(con: "DuckDBPyConnection", column: str, most: int = 500) -> list[str]:
    """Return the values that a column has in the store, the most frequent first."""
    from duckdb import ColumnExpression as Column
    from duckdb import FunctionExpression as Function

    rows = con.table(_home(column)).filter(Column(column).isnotnull())
    counted = rows.aggregate([Column(column), Function("count_star").alias("n")])
    ranked = counted.sort(Column("n").desc(), Column(column)).limit(most).fetchall()
    return [str(value) for value, _ in ranked]


def has_unknown(con: "DuckDBPyConnection", column: str) -> bool:
    """Say whether some run does not tell a column."""
    from duckdb import ColumnExpression as Column

    rows = con.table(_home(column)).filter(Column(column).isnull())
    return rows.limit(1).fetchone() is not None


def _home(column: str) -> str:
    # A run of several bugs has no one type: the types stand with the bugs.
    return "fixes" if column == "bug_type" else "runs"


def _exists(con: "DuckDBPyConnection", column: str, value: str) -> bool:
    from duckdb import ColumnExpression as Column

    rows = con.table(_home(column)).filter(Column(column) == constant(value))
    return rows.limit(1).fetchone() is not None


def _with_days(scope: Scope, parameters: Parameters, notices: list[str]) -> Scope:
    told = [*parameters.get("from", ())[:1], *parameters.get("to", ())[:1]]
    if not told:
        return scope
    try:
        first, last = (date.fromisoformat(text) for text in told)
    except ValueError:
        first, last = date.max, date.min
    if first > last:
        notices.append(
            "The days in the address are not two dates in order, as 2026-11-03: ignored."
        )
        return scope
    return replace(scope, days=(first, last))


def _ignored(kind: str, value: str, valid: Mapping[str, object] | Sequence[str]) -> str:
    shown = value if len(value) <= _LONGEST_SHOWN else value[: _LONGEST_SHOWN - 1] + "…"
    near = nearest(value[:200], valid)
    hint = f" Did you mean “{near}”?" if near else ""
    return f"No {kind} “{shown}” in the store: ignored.{hint}"

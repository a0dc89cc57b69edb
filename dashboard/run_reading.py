"""What the page of runs reads, and what is kept of it. As ``reading``, for runs."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from analytics.export.tables import csv_text
from analytics.overview import Scope, selection, window
from analytics.overview.scope import Values
from analytics.store import consistency, run_tables, tables
from analytics.store.location import Store
from analytics.store.reader import Version
from dashboard import address, run_columns
from dashboard.once import answered_once
from dashboard.reading import reader

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

PAGE_ROWS = 25
MOST_COMPARED = 5
LEVEL_ROWS = 25
"""Calls below an opened one that are shown at first, and more at each asking."""
MOST_CALLS = 400
"""Calls that the tree shows at once."""
_MOST_CHARACTERS = 20_000

PARAMETERS = ("q", "sort", "columns", "outcome", "error_kind", "pick")
"""Names that the address of this page carries besides those of a scope."""

RunKey = address.RunKey


@dataclass(frozen=True, kw_only=True)
class RunsView:
    """How somebody looks at the table of runs. Hashable, so that answers can be kept by it."""

    search: str = ""
    order: str = "started_at"
    descending: bool = True
    page: int = 0
    columns: tuple[str, ...] = run_columns.DEFAULT
    also: tuple[tuple[str, Values], ...] = ()
    """Column of OWN_FILTERS -> values let through (None: the unknown)."""

    def values(self, column: str) -> Values:
        """Return what a column is filtered by, empty where it is not."""
        return dict(self.also).get(column, ())

    def filtered(self, column: str, values: Sequence[str | None]) -> "RunsView":
        """Return this view with other values for one column, on its first page."""
        kept = {**dict(self.also), column: tuple(values)}
        return replace(self, also=tuple((name, kept[name]) for name in run_tables.OWN_FILTERS
                                        if kept.get(name)), page=0)  # fmt: skip

    def sorted_by(self, column: str) -> "RunsView":
        """Return the view after a click on a column: the other way round where it sorted by it already."""
        is_text = run_columns.KNOWN[column].kind is run_columns.Kind.TEXT
        down = not self.descending if column == self.order else not is_text
        return replace(self, order=column, descending=down, page=0)

    def parameters(self) -> dict[str, list[str]]:
        """Return the web address's parameters for this view; what is default is left out.

        >>> RunsView(search="cart", order="task", descending=False).parameters()
        {'q': ['cart'], 'sort': ['task']}
        """
        told = {column: [value or "" for value in values] for column, values in self.also}
        if self.search:
            told["q"] = [self.search]
        if (self.order, self.descending) != (RunsView.order, RunsView.descending):
            told["sort"] = [f"{'-' if self.descending else ''}{self.order}"]
        if self.columns != run_columns.DEFAULT:
            told["columns"] = list(self.columns)
        return told


def view_of(told: Mapping[str, Sequence[str]]) -> RunsView:
    """Read a view from a web address; what means nothing is left out.

    >>> view_of({"sort": ["-cost_usd"], "columns": ["task", "nonsense"]}).columns
    ('task',)
    """
    sort = next(iter(told.get("sort", ())), "")
    order = sort.removeprefix("-")
    view = RunsView(search=next(iter(told.get("q", ())), ""))
    if order in run_columns.KNOWN:
        view = replace(view, order=order, descending=sort.startswith("-"))
    columns = tuple(
        dict.fromkeys(name for name in told.get("columns", ()) if name in run_columns.KNOWN)
    )
    for column in run_tables.OWN_FILTERS:
        view = view.filtered(column, [value or None for value in told.get(column, ())])
    return replace(view, columns=columns or run_columns.DEFAULT)


def picked_of(told: Mapping[str, Sequence[str]]) -> tuple[RunKey, ...]:
    """Read from a web address which runs are compared."""
    keys = (address.key_of(text) for text in told.get("pick", ()))
    return tuple(dict.fromkeys(key for key in keys if key))[:MOST_COMPARED]


@answered_once(64)
def page(store: Store, version: Version, scope: Scope, view: RunsView) -> tables.Page:
    """Return the page of runs; the last one where the one asked for is gone."""
    with _selected(store, scope, view) as (_, rows):

        def at(number: int) -> tables.Page:
            return run_tables.runs(
                rows, view.columns, order=view.order, descending=view.descending,
                limit=PAGE_ROWS, offset=number * PAGE_ROWS,
            )  # fmt: skip

        found = at(view.page)
        if found.rows.is_empty() and found.total:
            found = at((found.total - 1) // PAGE_ROWS)
        return found


def period(store: Store, version: Version, scope: Scope) -> str:
    """Return the period of a scope in words."""
    read = reader(store)
    with tables.consistent(read) as con:
        return window(con, scope, read.now).label


@answered_once(64)
def facets(
    store: Store, version: Version, scope: Scope, view: RunsView
) -> tuple[run_tables.Facet, ...]:
    """Count what the runs have in common: each column among the runs that all other filters let through."""
    found = []
    for column in run_tables.FACETS:
        if column in run_tables.OWN_FILTERS:
            others = scope, view.filtered(column, ())
        else:
            others = scope.filtered(column, ()), view
        with _selected(store, *others) as (_, rows):
            found.append(run_tables.facet(rows, column))
    return tuple(found)


def download(store: Store, scope: Scope, view: RunsView) -> str:
    """Return the selected runs as CSV, with every column."""
    from duckdb import ColumnExpression as Column

    with _selected(store, scope, view) as (_, rows):
        newest_first = rows.sort(Column("started_at").desc(), Column("run_id"))
        return csv_text(newest_first.project(*map(Column, run_tables.COLUMNS)))


@answered_once(32)
def compared(
    store: Store, version: Version, keys: tuple[RunKey, ...]
) -> tuple[dict[str, Any], ...]:
    """Return the runs to compare, those that there are."""
    with tables.consistent(reader(store)) as con:
        found = (tables.run(con, *key) for key in keys)
        return tuple(run for run in found if run is not None)


@answered_once(16)
@consistency.again
def story(store: Store, version: Version, key: RunKey) -> run_tables.RunStory | None:
    """Return one run in full, or None where the store has no such run."""
    with tables.consistent(reader(store), files=True) as con:
        run = tables.run(con, *key)
        if run is None and (other := run_tables.named(con, key[1])):
            run = tables.run(con, *other)
        return None if run is None or not tables.has_lake(con) else run_tables.story(con, run)


@consistency.again
def level(store: Store, run: Mapping[str, Any], opened: Mapping[str, int]) -> run_tables.Level:
    """Return the calls right below the opened ones."""
    with tables.consistent(reader(store), files=True) as con:
        return run_tables.level(con, run, opened)


@consistency.again
def payload(store: Store, run: Mapping[str, Any], span_id: str) -> tables.Payload | None:
    """Return what one call carried, or None where nothing was stored."""
    with tables.consistent(reader(store), files=True) as con:
        source, trace_id = run["source"], run["trace_id"]
        found = tables.payloads(con, source, trace_id, [span_id], most=_MOST_CHARACTERS)
        return found.get(span_id)


def bugs(store: Store, run: Mapping[str, Any]) -> tables.Page:
    """Return the bugs of a run."""
    with tables.consistent(reader(store)) as con:
        own = {"source": [run["source"]], "run_id": [run["run_id"]]}
        return tables.fixes(run_tables.equal(con.table("fixes"), own), limit=50)


@consistency.again
def diff(store: Store, run: Mapping[str, Any], span_id: str) -> str | None:
    """Return the unified diff in the output of a call, or None."""
    with tables.consistent(reader(store), files=True) as con:
        return tables.patch_diff(con, run["source"], run["trace_id"], span_id)


@contextmanager
def _selected(
    store: Store, scope: Scope, view: RunsView
) -> "Iterator[tuple[DuckDBPyConnection, DuckDBPyRelation]]":
    read = reader(store)
    with tables.consistent(read) as con:
        where = selection(scope, window(con, scope, read.now))
        rows = run_tables.equal(where.apply(con.table("runs")), dict(view.also))
        yield con, run_tables.searched(rows, view.search)

"""What one process reads: one reader per store, and the answers it has worked out already.

Sessions are threads of one process. They share the reader and the answers; both are kept by what they
depend on, the version of the store and the question, so that nothing outdated is ever shown as new.
"""

from dataclasses import dataclass
from typing import Any

from polars import DataFrame

from analytics.constants import constant
from analytics.overview import (
    Overview,
    Scope,
    has_unknown,
    options,
    overview,
    parse,
    selection,
    window,
)
from analytics.spending import Spending, spending
from analytics.store import consistency, tables
from analytics.store.location import Store
from analytics.store.reader import Reader, Version
from analytics.store.sandbox import Sandbox
from analytics.sync import StoreChoice, choose_store
from dashboard import served
from dashboard.once import answered_once

PAGE_ROWS = 10
_MOST_CALLS_SHOWN = 250
_MOST_DIFFS = 20


@dataclass(frozen=True, kw_only=True)
class TableView:
    """How somebody looks at the table of bugs: what a click changes, and an update must not."""

    search: str = ""
    order: str = "when"
    descending: bool = True
    page: int = 0


@dataclass(frozen=True, kw_only=True)
class RunDetail:
    """One run opened: what it is, its calls as an indented list, what they carried, its diffs."""

    run: dict[str, Any]
    """Columns of view ``runs``."""
    calls: DataFrame
    """As ``tables.run_calls``, the first few hundred."""
    calls_count: int
    """Calls of the run, whether read or not."""
    payloads: dict[str, tables.Payload]
    diffs: tuple[tuple[str, str], ...]
    """Title of a bug (or the name of its file) -> the last patch for it, as a unified diff."""
    diffs_left_out: int
    """Bugs with a patch that are not in ``diffs`` because there are too many."""


@answered_once(1)
def choice() -> StoreChoice:
    """Return the store that this process shows."""
    return choose_store(served.shown())


@answered_once(4)
def reader(store: Store) -> Reader:
    """Return the one reader of a store in this process.

    Raises:
        StoreError: the store cannot be opened.
    """
    return Reader(store)


@answered_once(128)
def answers(store: Store, version: Version, scope: Scope) -> Overview:
    """Return the overview of a scope as of a version.

    Raises:
        StoreError: the store cannot be read.
    """
    return overview(reader(store), scope)


@answered_once(64)
def spent(store: Store, version: Version, scope: Scope) -> Spending:
    """Return what the runs of a scope spent and did as of a version.

    Raises:
        StoreError: the store cannot be read.
    """
    return spending(reader(store), scope)


@answered_once(64)
def choices(store: Store, version: Version) -> dict[str, list[str | None]]:
    """Return what can be filtered by: column -> its values, the most frequent first, the unknown last."""
    with tables.consistent(reader(store)) as con:
        return {
            column: [*options(con, column), *([None] if has_unknown(con, column) else [])]
            for column in ("variant", "model", "agent", "repo", "source", "task")
        }


@answered_once(4)
@consistency.again
def sources(store: Store, version: Version) -> tuple[DataFrame, DataFrame] | None:
    """Return the newest imports and the newest rejects, one row each; None where no store is."""
    with tables.consistent(reader(store), files=True) as con:
        return (tables.imports(con), tables.rejects(con)) if tables.has_lake(con) else None


@answered_once(2)
def sandbox(store: Store, version: Version) -> Sandbox:
    """Return the copy of a version's views that SQL can be asked of.

    Raises:
        StoreError: the store cannot be read, or not be copied.
    """
    with tables.consistent(reader(store)) as con:
        return Sandbox(con)


def scope_of(store: Store, parameters: dict[str, list[str]]) -> tuple[Scope, tuple[str, ...]]:
    """Read a scope from a web address, with a sentence for everything in it that is ignored."""
    with tables.consistent(reader(store)) as con:
        return parse(parameters, con)


@answered_once(64)
def fixes(store: Store, version: Version, scope: Scope, view: TableView) -> tables.Page:
    """Return the rows of the table of bugs; the last page where the one asked for is gone."""
    read = reader(store)
    with tables.consistent(read) as con:
        where = selection(scope, window(con, scope, read.now))

        def page(number: int) -> tables.Page:
            return tables.fixes(
                where.apply(con.table("fixes")),
                search=view.search,
                order=view.order,
                descending=view.descending,
                limit=PAGE_ROWS,
                offset=number * PAGE_ROWS,
            )

        found = page(view.page)
        if found.rows.is_empty() and found.total:
            found = page((found.total - 1) // PAGE_ROWS)
        return found


@answered_once(32)
@consistency.again
def run_detail(store: Store, version: Version, source: str, run_id: str) -> RunDetail | None:
    """Return one run opened, or None where the store has no such run."""
    from duckdb import ColumnExpression as Column

    with tables.consistent(reader(store), files=True) as con:
        run = tables.run(con, source, run_id)
        if run is None:
            return None
        trace_id = run["trace_id"]
        calls = tables.run_calls(con, source, trace_id, run_id)
        shown = calls.head(_MOST_CALLS_SHOWN)
        is_own = (Column("source") == constant(source)) & (Column("run_id") == constant(run_id))
        bugs = con.table("fixes").filter(is_own & Column("patch_span_id").isnotnull())
        patched = tables.fixes(bugs, limit=_MOST_DIFFS)
        diffs = [
            (bug["title"] or bug["file"] or bug["bug_id"] or "Patch", diff)
            for bug in patched.rows.iter_rows(named=True)
            if (diff := tables.patch_diff(con, source, trace_id, bug["patch_span_id"]))
        ]
        return RunDetail(
            run=run,
            calls=shown,
            # Runs within it stand among its calls, and are not counted with it.
            calls_count=max(run["spans_count"], len(calls)),
            payloads=tables.payloads(con, source, trace_id, shown["span_id"].to_list()),
            diffs=tuple(diffs),
            diffs_left_out=patched.total - len(patched.rows),
        )

"""What can be mended of a store, and how. A repair removes nothing that holds data: it moves it aside."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics.errors import StoreError
from analytics.schema import ROLLUPS, SCHEMA_VERSION
from analytics.semantics import roots_are_runs
from analytics.store import catalog_file, damage, imports, lake, migrations, prepared, refresh
from analytics.store.catalogs import catalog
from analytics.store.location import ASIDE, CATALOG, COPIES, FILES, TMP, Location, Store

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_DERIVED = frozenset({*(table.name for table in ROLLUPS), "facts", "prices"})
_TRACES_AT_ONCE = 8_000

OUT_OF_REACH = (
    "that says nothing about what it holds, and nothing is given up: see to it that it can be read (its "
    "rights, its disk), then look again"
)
"""What is said of a file that cannot be looked at."""


def bring_up(store: Store) -> str:
    """Bring a store of an earlier layout, or one with columns missing, up to today's."""
    with lake.writer(store) as con:
        migrations.bring_up(
            con, SCHEMA_VERSION
        )  # An earlier layout has been brought up on opening.
    return f"brought up to layout {SCHEMA_VERSION}"


def settle(store: Store) -> str:
    """Work out again all that is derived."""
    with lake.writer(store) as con, lake.transaction(con):
        _work_out(con)
    return "runs and all that is derived worked out again"


def _work_out(con: "DuckDBPyConnection") -> None:
    con.execute("DELETE FROM lake.settings WHERE name = 'rules'")
    con.execute(lake.statement("statements", "no_rollups"))
    imports.settle(con, lake.presets(con))


def clear_leftovers(store: Path) -> str:
    """Remove what killed imports left behind."""
    with lake.writer(store) as con:
        con.execute("CALL ducklake_delete_orphaned_files('lake', cleanup_all => true)")
    for draft in (store / COPIES).glob("*.draft"):
        draft.unlink(missing_ok=True)
    return "files of imports that were cut off removed"


def discard_prepared(store: Store) -> str:
    """Remove what readers of a large store begin with: it is made anew."""
    prepared.discard(store)
    return "removed"


def scheduled(con: "DuckDBPyConnection") -> set[str]:
    """Return the files, below the folder of files, that wait for their removal."""
    return {path for (path,) in con.execute(lake.statement("queries", "scheduled")).fetchall()}


def outlook(table: str, bad: Sequence[catalog_file.Listed]) -> tuple[bool, str]:
    """Say whether the loss of some files can be mended, and how."""
    if table in _DERIVED:
        return True, "all of it is derived, and --fix works it out again from the calls"
    if any(each.deletes for each in bad):
        return False, (
            "it says which rows no longer count, and nothing else does: restore a backup, or move the "
            "store away and import the traces again"
        )
    again = "importing the same traces again brings them back"
    return True, f"--fix strikes them from the catalog and lists them as lost, and {again}"


def outlook_of_team(table: str, location: Location) -> str:
    """Say what the user of a team's store can do about the loss of some files."""
    kept = "bucket's versions or backup" if location.is_bucket else "folder's backup"
    derived = "what it holds is derived from calls, but " if table in _DERIVED else ""
    return (
        f"{derived}a team's store is not mended here: put the file back from the {kept}, or import the "
        "traces again into a new store"
    )


def strike_out(store: Path, *, within: bool = False) -> str:
    """Take files that are gone or damaged out of the catalog, so that the rest can be read.

    The loss is listed among the rejects; a damaged file is moved aside. Tables whose loss cannot be mended
    are left alone: striking a list of deletions would take the intact file of its rows, too.

    Args:
        store: folder of the store.
        within: whether to read each file from its beginning to its end.

    Raises:
        StoreError: a file cannot be read, whatever it holds; nothing was struck.
    """
    found: dict[str, list[damage.Wrong]] = {}
    for listed in catalog_file.listed(store / CATALOG):
        each = (
            damage.wrong_with(store / FILES, listed, within=within) if listed.is_current else None
        )
        if each is not None and not each.is_lost:
            raise StoreError(f"{store / FILES / listed.path} {each.why}. Nothing was struck.")
        if each is not None:
            found.setdefault(listed.table, []).append(each)
    wrong = [
        each
        for table, pairs in found.items()
        if outlook(table, [each.file for each in pairs])[0]
        for each in pairs
    ]
    lost = [each for each in wrong if not each.file.deletes and each.file.table not in _DERIVED]
    ids = sorted({each.file.data_file_id for each in wrong})
    with lake.writer(store) as con:
        with lake.transaction(con):
            con.execute("DELETE FROM lake.settings WHERE name = 'rules'")
            for each in lost:
                con.execute(lake.statement("statements", "add_loss"), [each.file.path, _loss(each)])
        # Former states need the same files: what can no longer be told is forgotten.
        con.execute("CALL ducklake_expire_snapshots('lake', older_than => now())")
        with lake.transaction(con):
            # Together: the same files must not be counted out twice.
            for part in (
                "counted_again",
                "struck_stats",
                "struck_deletes",
                "struck_values",
                "struck_files",
            ):
                con.execute(lake.statement("statements", part), [ids])
    with _aside(store) as aside:
        for each in wrong:
            damaged = store / FILES / each.file.path
            if damaged.exists():
                aside(damaged)
    told = "; what they held is listed as rejected" if lost else ""
    files = "file" if len(wrong) == 1 else "files"
    return f"{len(wrong):,} listed {files} struck from the catalog{told}"


def _loss(each: damage.Wrong) -> str:
    return (
        f"the store's own file {each.why}: {each.file.rows:,} rows of table {each.file.table} are lost; "
        "import the same traces again to bring them back"
    )


def part(store: Path) -> str:
    """Move aside what belongs to calls that are gone; let calls without a payload be imported again."""
    with lake.writer(store) as con, lake.transaction(con), _aside(store) as aside:
        for table in ("payloads", "facts", "feedback"):
            strays = con.table(f"lake.{table}").join(
                con.table("lake.spans"), "source, span_id", how="anti"
            )
            if strays.limit(1).fetchone() is not None:
                strays.write_parquet(str(aside(Path(f"{table}-of-no-call.parquet"))))
        con.execute(lake.statement("statements", "part"))
        _work_out(con)
    return "parts of calls that are gone moved aside; calls without theirs can be imported again"


def sound_copy(store: Path) -> Path | None:
    """Return the newest copy of the catalog that is whole."""
    return next((copy for copy in catalog_file.copies(store) if not catalog_file.fault(copy)), None)


def take_copy(store: Path) -> str:
    """Put the newest whole copy of the catalog in place of the damaged one.

    Files that it does not list were written since: they are moved aside, with the damaged catalog.
    """
    chosen = sound_copy(store)
    if chosen is None:
        raise StoreError(f"no copy of the catalog of the store in {store} is left.")
    there = catalog(Location.of(store))
    with there.locked(), _aside(store) as aside:
        draft = store / TMP / CATALOG
        catalog_file.copy(chosen, draft)
        known = {each.path for each in catalog_file.listed(chosen)}
        for ending in ("", "-wal", "-shm"):
            damaged = store / f"{CATALOG}{ending}"
            if damaged.exists():
                aside(damaged)
        files = store / FILES
        for file in files.rglob("*.parquet"):
            if str(file.relative_to(files)) not in known:
                aside(file)
        draft.rename(store / CATALOG)
    return (
        f"the catalog as of {catalog_file.copied_at(chosen):%Y-%m-%d %H:%M:%S} UTC put in place; what was "
        "imported since has to be imported again"
    )


def differing(con: "DuckDBPyConnection", traces: int | None) -> dict[str, int]:
    """Work out derived rows anew and return in how many rows each table differs, where it does.

    Args:
        con: a connection to the store; nothing is written.
        traces: of how many traces, of all where None.
    """
    settings = lake.settings(con)
    presets, own_prices = lake.presets(con, settings), lake.price_list(con, settings)
    con.execute("SET VARIABLE roots_are_runs = $1", [roots_are_runs(presets)])
    row = con.execute("SELECT count(DISTINCT trace_id) FROM lake.spans").fetchone()
    parts = 1 if traces else 1 + (int(row[0]) if row else 0) // _TRACES_AT_ONCE
    found: Counter[str] = Counter()
    for number in range(parts):
        con.execute(
            lake.statement("statements", "sampled"),
            {"parts": parts, "part": number, "traces": traces or 2**62},
        )
        refresh.work_out(con, presets, own_prices)
        for table in ROLLUPS:
            stored = con.table(f"lake.{table.name}").join(
                con.table("touched"), "source, trace_id", how="semi"
            )
            known = _rows(stored.project(*table.columns).fetchall())
            given = _rows(con.table(f"new_{table.name}").project(*table.columns).fetchall())
            # A changed row is one that should not be there and one that should.
            found[table.name] += max((known - given).total(), (given - known).total())
    return {name: count for name, count in found.items() if count}


def _rows(rows: Sequence[tuple[Any, ...]]) -> Counter[str]:
    return Counter(repr([_told(value) for value in row]) for row in rows)


def _told(value: object) -> object:
    """Sums of floating point leave dust, which is no difference."""
    return f"{value:.9g}" if isinstance(value, float) else value


@contextmanager
def _aside(store: Path) -> "Iterator[Any]":
    """Give what moves a file of the store into a folder that nothing reads, made when it is needed."""
    folder = store / ASIDE / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"

    def move(file: Path) -> Path:
        target = folder / (file.relative_to(store) if file.is_absolute() else file)
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.is_absolute():
            file.rename(target)
        return target

    yield move

"""Writes every stored table, rollup and view as CSV or Parquet, with a data dictionary beside them."""

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, fields
from itertools import groupby
from pathlib import Path
from shutil import copyfile, copyfileobj
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from analytics.errors import InputError, StoreError, UnknownNameError, first_line
from analytics.export import growth
from analytics.export.dictionary import Column, Exportable, exportables
from analytics.export.formulas import defused_column
from analytics.store import consistency, interrupts, lake
from analytics.store.location import Store
from analytics.store.reader import Reader
from analytics.store.tables import consistent

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation, Expression

FORMATS = ("csv", "parquet")

DICTIONARY = "data_dictionary"

_MARKDOWN_HEAD = """# Data dictionary

Unknown is empty in CSV and NULL in Parquet; an empty text in CSV is `""`. Lists in CSV are JSON.
Defused text in CSV: where a text begins with = + - @ ' a tab or a line break, an apostrophe is put
before it, so that no spreadsheet runs it as a formula. Drop one leading apostrophe to undo that.
"""

_MEMORY_LIMIT = "600MB"


@dataclass(frozen=True, kw_only=True)
class Exported:
    """One file that was written."""

    table: str
    file: Path
    rows: int
    columns: tuple[str, ...] = ()
    in_place: bool = False
    """Whether the file of an earlier export is as it must be."""


def export_tables(store: Store, folder: Path, format: str) -> list[Exported]:
    """Write everything that a store holds into a folder, all of it from one state of the store.

    Files of an earlier export are replaced when the new ones are complete; other files stay. Of what
    the store keeps for good, only what is new since then is written; a file is complete at any moment.

    Args:
        store: where it stands.
        folder: where the files go; made where there is none.
        format: csv or parquet.

    Returns:
        Every file, the data dictionary last.

    Raises:
        UnknownNameError: another format.
        StoreError: no store there, or not readable.
        InputError: the folder cannot be written; what it held is as it was.
    """
    if format not in FORMATS:
        raise UnknownNameError("format", format, FORMATS)
    if not lake.exists(store):
        raise StoreError(f"there is no store in {store}. Import something: patchpilot import PATH.")
    make_folder(folder)
    try:
        # Inside the folder, so that the last step is a rename on one file system.
        with TemporaryDirectory(dir=folder, prefix=".patchpilot-") as draft:
            with _one_state(store) as con:
                known = growth.recall(folder, con)
                snapshot = lake.snapshot_id(con)
                written = list(_write(con, Path(draft), folder, known, format))
            interrupts.check()
            with interrupts.deferred():  # All of them are of one state.
                _put_in_place(written, folder)
                left = {
                    each.file.name: growth.describe(
                        folder / each.file.name, each.rows, list(each.columns)
                    )
                    for each in written
                }
                growth.remember(
                    folder, growth.Remembered(store=known.store, snapshot=snapshot, files=left)
                )
    except OSError as fault:
        raise _unwritable(folder, fault.strerror or str(fault)) from fault
    return [
        Exported(table=each.table, file=folder / each.file.name, rows=each.rows) for each in written
    ]


def _put_in_place(written: Iterable[Exported], folder: Path) -> None:
    for each in written:
        if not each.in_place:
            os.replace(each.file, folder / each.file.name)


def make_folder(folder: Path) -> None:
    """Make the folder that tables go to, where there is none.

    Raises:
        InputError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as fault:
        raise _unwritable(folder, "it is a file, not a folder, or in one") from fault
    except OSError as fault:
        raise _unwritable(folder, fault.strerror or str(fault)) from fault


def _unwritable(folder: Path, reason: str) -> InputError:
    return InputError(
        f"cannot write to {folder}: {reason}. What it held is as it was; choose another."
    )


def _write(
    con: "DuckDBPyConnection", draft: Path, folder: Path, known: growth.Remembered, kind: str
) -> Iterator[Exported]:
    import duckdb

    dictionary: list[Column] = []
    con.execute("SET memory_limit = $1", [_MEMORY_LIMIT])
    con.execute("SET temp_directory = $1", [str(draft)])
    for table in exportables(con):
        interrupts.check()
        try:
            yield _write_table(con, table, draft, folder, known, kind)
        except duckdb.IOException as fault:
            if str(draft) in str(fault):
                raise OSError(first_line(fault)) from fault
            raise StoreError(
                f"table {table.name} cannot be read: {first_line(fault)}. Nothing was exported; patchpilot "
                "doctor says what is wrong with the store."
            ) from fault
        dictionary += table.columns()
    for suffix, write in ((".csv", _dictionary_csv), (".md", _dictionary_markdown)):
        file = (draft / DICTIONARY).with_suffix(suffix)
        write(file, dictionary)
        yield Exported(table=DICTIONARY, file=file, rows=len(dictionary))


def _write_table(
    con: "DuckDBPyConnection",
    table: Exportable,
    draft: Path,
    folder: Path,
    known: growth.Remembered,
    kind: str,
) -> Exported:
    file = draft / f"{table.name}.{kind}"
    columns = tuple(table.rows.columns)
    left = growth.as_left(known, folder / file.name, list(columns)) if table.is_stored else None
    news = growth.added(con, table.name, known.snapshot) if left else None
    if left and news is not None:
        count = len(news)
        if count == 0:
            return Exported(
                table=table.name,
                file=folder / file.name,
                rows=left.rows,
                columns=columns,
                in_place=True,
            )
        if kind == "csv":
            copyfile(folder / file.name, file)
            more = file.with_suffix(".more")
            _as_csv(news.project(*columns)).write_csv(str(more), header=False)
            with file.open("ab") as whole, more.open("rb") as rest:
                copyfileobj(rest, whole)
            return Exported(table=table.name, file=file, rows=left.rows + count, columns=columns)
    if kind == "csv":
        _as_csv(table.rows).write_csv(str(file), header=True)
    else:
        table.rows.write_parquet(str(file), compression="zstd")
    return Exported(table=table.name, file=file, rows=len(table.rows), columns=columns)


@contextmanager
def _one_state(store: Store) -> "Iterator[DuckDBPyConnection]":
    """Give a connection on which tables, rollups and views are all of the same commit."""
    with (
        consistency.still(store) as is_kept,
        consistency.heeded(),
        closing(Reader(store)) as reader,
    ):
        while True:
            version = reader.poll()
            with consistent(reader, files=not is_kept) as con:
                # Where nobody waits, an import may have come in between the poll and the transaction.
                if lake.snapshot_id(con) == version.snapshot:
                    yield con
                    return


def csv_text(rows: "DuckDBPyRelation") -> str:
    """Return rows as the text of a CSV file, as ``export_tables`` writes them."""
    return _as_csv(rows).pl().write_csv(datetime_format="%Y-%m-%d %H:%M:%S%.6f")


def _as_csv(rows: "DuckDBPyRelation") -> "DuckDBPyRelation":
    """Return rows as a CSV file holds them: no formulas, lists as JSON."""
    from duckdb import ColumnExpression, FunctionExpression

    def said(name: str, kind: str) -> "Expression":
        column = ColumnExpression(name)
        if kind == "VARCHAR":
            return defused_column(column).alias(name)
        return FunctionExpression("to_json", column).alias(name) if kind.endswith("[]") else column

    columns = zip(rows.columns, rows.types, strict=True)
    return rows.project(*(said(name, str(kind)) for name, kind in columns))


def _dictionary_csv(file: Path, columns: Sequence[Column]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, [field.name for field in fields(Column)])
        writer.writeheader()
        writer.writerows(asdict(column) for column in columns)


def _dictionary_markdown(file: Path, columns: Sequence[Column]) -> None:
    file.write_text("".join(_markdown(columns)), encoding="utf-8")


def _markdown(columns: Iterable[Column]) -> Iterator[str]:
    yield _MARKDOWN_HEAD
    for (table, row), group in groupby(columns, key=lambda column: (column.table, column.row)):
        yield f"\n## {table}\n\n{row}\n\n| column | type | meaning | in CSV |\n|---|---|---|---|\n"
        for column in group:
            yield f"| {column.column} | {column.type} | {column.meaning} | {column.in_csv} |\n"

"""The rows of a table in whatever file it stands: CSV, TSV, JSON, JSONL, YAML, Parquet, SQLite.

Every reader yields plain JSON values with the line or the position of the row; what is no row is a
reject. No reader infers a type: what the file itself types stays, the rest is text.
"""

import csv
import re
import sqlite3
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics.errors import InputError, UnknownNameError
from analytics.sources.rows import MAX_RECORD_BYTES, CallWriter, documents
from analytics.sources.table.cells import look_up

if TYPE_CHECKING:
    from analytics.sources.table.mapping import TableMapping

Row = dict[str, Any]
Numbered = Iterator[tuple[int, Row]]

ENDINGS = (".yml", ".yaml", ".db", ".sqlite", ".sqlite3")
"""What is taken out of a folder beside the endings of traces."""

_HEAD_BYTES = 65_536
_YAML = re.compile(r"(?:#[^\n]*\n|\s*\n|%YAML[^\n]*\n)*(?:---|- |-\n|[\w.-]+:(?:\s|$))")
_DELIMITERS = ",\t;"
_BATCH = 5_000


def kind(path: Path) -> str:
    """Return what kind of file it is by its content: sqlite, parquet, json, yaml or csv."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if head.startswith(b"SQLite format 3\0"):
        return "sqlite"
    if head.startswith(b"PAR1"):
        return "parquet"
    text = head.decode("utf-8-sig", "replace").lstrip()
    if text.startswith(("{", "[")):
        return "json"
    return "yaml" if _YAML.match(text) else "csv"


def read(path: Path, out: CallWriter, mapping: "TableMapping") -> Numbered:
    """Yield the rows of a file, items of a list inside them where the mapping says so.

    Raises:
        InputError: the file as a whole cannot be read with this mapping.
    """
    found = _plain_rows(path, out, mapping.path, mapping.table)
    if not mapping.each:
        yield from found
        return
    for line, record in found:
        items = look_up(record, mapping.each)
        if not isinstance(items, list):
            out.reject(line, f"no list {mapping.each}", record)
            continue
        outer = {key: value for key, value in record.items() if key != mapping.each}
        for item in items:
            if isinstance(item, dict):
                yield line, {**outer, **item}
            else:
                out.reject(line, f"an item of {mapping.each} is no object", item)


def tables(path: Path) -> list[str]:
    """Return the names of the tables of an SQLite file."""
    con = _sqlite(path)
    try:
        return _table_names(con)
    except sqlite3.Error as fault:
        raise InputError(f"cannot read {path.name} as SQLite: {fault}.") from fault
    finally:
        con.close()


def lists(path: Path, out: CallWriter) -> list[str]:
    """Return the keys under which the one document of a file holds lists of objects; none for others."""
    if kind(path) not in ("json", "yaml"):
        return []
    first, *more = [value for _, value in islice(_documents(path, out), 2)] or [None]
    return [] if more else list(_lists(first))


def _plain_rows(path: Path, out: CallWriter, within: str, table: str) -> Numbered:
    match kind(path):
        case "sqlite":
            yield from _sqlite_rows(path, out, table)
        case "parquet":
            yield from _parquet_rows(path, out)
        case "csv":
            yield from _csv_rows(path, out)
        case _:
            yield from _listed(_documents(path, out), path, out, within)


def _documents(path: Path, out: CallWriter) -> Iterator[tuple[int, Any]]:
    return _yaml_documents(path, out) if kind(path) == "yaml" else documents(path, out)


def _listed(found: Iterator[tuple[int, Any]], path: Path, out: CallWriter, within: str) -> Numbered:
    """Yield the objects of the lists that documents are or hold; an object that holds none is a row."""
    for line, value in found:
        listed = look_up(value, within) if within and isinstance(value, dict) else value
        if isinstance(listed, list):
            for position, item in enumerate(listed, 1):
                if isinstance(item, dict):
                    yield position, item
                else:
                    out.reject(position, "not an object", item)
        elif within:
            known = list(_lists(value))
            raise InputError(
                f"{path.name} holds no list at path {within!r}. Nothing was read from it. "
                f"Lists of objects stand at: {', '.join(known) or 'none'}."
            )
        elif isinstance(listed, dict):
            yield line, listed
        else:
            out.reject(line, "neither an object nor a list of objects", listed)


def _lists(value: object, prefix: str = "", depth: int = 3) -> Iterator[str]:
    if not isinstance(value, dict) or depth == 0:
        return
    for key, inner in value.items():
        if isinstance(inner, list) and inner and isinstance(inner[0], dict):
            yield f"{prefix}{key}"
        yield from _lists(inner, f"{prefix}{key}.", depth - 1)


def _yaml_documents(path: Path, out: CallWriter) -> Iterator[tuple[int, Any]]:
    """Yield the documents of a YAML file; every scalar stays text, whatever it looks like."""
    import yaml

    if path.stat().st_size > MAX_RECORD_BYTES:
        out.reject(None, f"YAML larger than {MAX_RECORD_BYTES // 1024**2} MB")
        return
    raw = path.read_bytes()
    try:
        # A few aliases of aliases can stand for more than any memory holds.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(raw, _loader())):
            out.reject(None, "YAML with aliases (*name), which are not read")
            return
        yield from enumerate(yaml.load_all(raw, _loader()), 1)
    except yaml.YAMLError as fault:
        said = " ".join(str(fault).split())
        out.reject(None, f"not YAML ({said})", raw[:2000].decode("utf-8", "replace"))
    except RecursionError:
        out.reject(None, "nested too deeply")


def _loader() -> Any:  # noqa: ANN401 - a class that the C and the Python parser make in two ways
    """Return a loader that knows texts, lists, mappings and null, and no other type."""
    import yaml

    loader: Any = type("Loader", (getattr(yaml, "CBaseLoader", yaml.BaseLoader),), {})
    null = "tag:yaml.org,2002:null"
    loader.add_implicit_resolver(null, re.compile(r"(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
    loader.add_constructor(null, lambda *_: None)
    return loader


def _csv_rows(path: Path, out: CallWriter) -> Numbered:
    csv.field_size_limit(MAX_RECORD_BYTES)
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        header = file.readline()
        while header and not header.strip():
            header = file.readline()
        delimiter = max(_DELIMITERS, key=header.count)
        columns = next(csv.reader([header], delimiter=delimiter), [])
        columns = [column.strip() for column in columns]
        twice = sorted({column for column in columns if columns.count(column) > 1})
        if twice:
            raise InputError(
                f"{path.name} names column {twice[0]!r} twice. Nothing was read from it; rename one."
            )
        reader = csv.reader(file, delimiter=delimiter)
        while True:
            line = reader.line_num + 2
            try:
                cells = next(reader, None)
            except csv.Error as fault:
                out.reject(line, f"not a row ({fault})")
                continue
            if cells is None:
                return
            if not any(cells):
                continue
            if len(cells) != len(columns):
                reason = f"{len(cells)} cells where the first line names {len(columns)}"
                out.reject(line, reason, delimiter.join(cells)[:2000])
            elif any("\udc80" <= c <= "\udcff" for cell in cells for c in cell):
                out.reject(line, "not UTF-8")
            else:
                yield line, dict(zip(columns, cells, strict=True))


def _parquet_rows(path: Path, out: CallWriter) -> Numbered:
    import pyarrow as pa
    import pyarrow.parquet

    position = 0
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            # Python's own times end at microseconds.
            kept = [
                field.with_type(pa.timestamp("us", field.type.tz))
                if pa.types.is_timestamp(field.type)
                else field
                for field in file.schema_arrow
            ]
            for batch in file.iter_batches(batch_size=_BATCH):
                table = pa.Table.from_batches([batch]).cast(pa.schema(kept), safe=False)
                for record in table.to_pylist():
                    position += 1
                    yield position, {key: _plain(value) for key, value in record.items()}
    except (pa.ArrowException, OSError, ValueError) as fault:
        out.reject(position or None, f"not readable as Parquet ({fault})")


def _sqlite_rows(path: Path, out: CallWriter, table: str) -> Numbered:
    con = _sqlite(path)
    try:
        names = _table_names(con)
        if table and table not in names:
            raise UnknownNameError(f"table of {path.name}", table, names)
        if not table and len(names) != 1:
            raise InputError(
                f"{path.name} holds {len(names)} tables. Nothing was read from it: say in the "
                f"mapping which one is meant, table = one of {', '.join(names) or 'none'}."
            )
        # %w is SQLite's own way to write a name: no statement is put together out of one here.
        query = con.execute(
            "SELECT printf('SELECT * FROM \"%w\"', ?)", [table or names[0]]
        ).fetchone()[0]
        found = con.execute(query)
        columns = [entry[0] for entry in found.description]
        for position, values in enumerate(found, 1):
            yield position, {c: _plain(v) for c, v in zip(columns, values, strict=True)}
    except sqlite3.Error as fault:
        out.reject(None, f"not readable as SQLite ({fault})")
    finally:
        con.close()


def _sqlite(path: Path) -> sqlite3.Connection:
    """Open a database that nothing is written to, not even a lock where nobody else is writing."""
    log = path.with_name(f"{path.name}-wal")
    mode = "mode=ro" if log.exists() and log.stat().st_size else "mode=ro&immutable=1"
    con = sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True)
    con.text_factory = lambda raw: raw.decode("utf-8", "replace")
    return con


def _table_names(con: sqlite3.Connection) -> list[str]:
    # Views are left out: they are queries of the file's own.
    return [
        name
        for (name,) in con.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' "
            "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
        )
    ]


def _plain(value: object) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return a value of a typed file as JSON knows it."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case dict():
            return {str(key): _plain(inner) for key, inner in value.items()}
        case list() | tuple() if all(isinstance(i, tuple) and len(i) == 2 for i in value) and value:
            return {str(key): _plain(inner) for key, inner in value}  # A Parquet map.
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case bytes():
            return value.decode("utf-8", "replace")
        case _:
            return str(value)

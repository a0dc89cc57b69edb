"""Tables of runs, trials, batches or calls that no format knows: a mapping says what their columns mean.

The same row in two files is one: they share the source and the id. The store keeps, in this order, the
one that has an end, the one from a file with every column that the mapping names (``detail`` 2, else
1), the one that ended last. Within one file the row that knows most counts.
"""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics.errors import InputError, nearest
from analytics.sources import GIVES, SourceFormat, Staged
from analytics.sources.rows import CallWriter, UnusableError, as_json
from analytics.sources.table import cells, rows
from analytics.sources.table.mapping import BUNDLED, TableMapping, load, parse
from analytics.sources.table.runs import Converter, identity

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["BUNDLED", "TableMapping", "format_of", "load", "parse"]


def format_of(mapping: TableMapping) -> SourceFormat:
    """Return a mapping as a format: it takes any table that has the columns which identify a row."""
    return SourceFormat(
        name=f"table:{mapping.name}",
        title=mapping.title,
        recognise=lambda head, path: f"mapping {mapping.name}",
        stage=partial(_stage, mapping),
        gives=frozenset(GIVES),
    )


class _Survey:
    """One pass over a file: which columns it has, and which row of each id counts."""

    def __init__(self, mapping: TableMapping, path: Path, out: CallWriter) -> None:
        self.missing = {column: None for cell in mapping.cells.values() for column in cell.columns}
        self.columns: dict[str, None] = {}
        self.best: dict[str, tuple[int, int, int]] = {}
        """Id -> how many cells are known, position among the rows, hash."""
        self.count = 0
        for _, record in rows.read(path, out, mapping):
            self.count += 1
            self.columns.update(dict.fromkeys(record))
            for column in [c for c in self.missing if cells.holds(record, c)]:
                del self.missing[column]
            try:
                span_id = identity(mapping, record)
            except UnusableError:
                continue
            known = sum(cells.raw(record, c)[1] is not None for c in mapping.cells.values())
            if span_id not in self.best or known >= self.best[span_id][0]:
                self.best[span_id] = known, self.count, _digest(record)

    def lacks(self, mapping: TableMapping, field: str) -> bool:
        """Say whether a field stands in no column of the file."""
        cell = mapping.cells[field]
        gone = [column in self.missing for column in cell.columns]
        return bool(gone) and (any(gone) if cell.joined else all(gone))


def _digest(record: dict[str, Any]) -> int:
    return hash(as_json(record))


def _stage(mapping: TableMapping, con: "DuckDBPyConnection", path: Path, folder: Path) -> Staged:
    """Write the rows of one file as Parquet of ``schema.CALLS``.

    Raises:
        InputError: the mapping does not fit the file.
    """
    with CallWriter(con, mapping.source, folder, path.name) as out:
        found = _Survey(mapping, path, out)
        lacking = [field for field in mapping.cells if found.lacks(mapping, field)]
        _check_fit(mapping, found, lacking, path, out)
        converter = Converter(mapping, path, out, detail=1 if lacking else 2)
        repeated = 0
        for position, (line, record) in enumerate(rows.read(path, out, mapping), 1):
            try:
                span_id = identity(mapping, record)
                _, counts, digest = found.best[span_id]
                if counts == position:
                    converter.write(line, record)
                elif digest == _digest(record):
                    repeated += 1
                else:
                    raise UnusableError(
                        f"another row of the file has its id {span_id!r} and says as much or more; "
                        "join more columns in the mapping's id where they are two runs"
                    )
            except UnusableError as fault:
                out.reject(line, str(fault), record)
        converter.finish()
        if repeated:
            out.note(
                f"{cells.counted(repeated, 'row')} left out: the same as another, word for word."
            )
        if lacking:
            out.note(f"no column for {', '.join(lacking)} of mapping {mapping.name}.")
        # The file was read twice, and what is no row was met both times.
        out.rejects[:] = dict.fromkeys(out.rejects)
    return out.staged(f"table:{mapping.name}")


def _check_fit(
    mapping: TableMapping, found: _Survey, lacking: list[str], path: Path, out: CallWriter
) -> None:
    if found.count == 0:
        if out.rejects and not mapping.each:
            return
        what = f"rows with a list {mapping.each!r}" if mapping.each else "rows"
        raise InputError(f"{path.name} holds no {what}. Nothing was read from it.")
    wanted = [field for field in mapping.key if field in lacking]
    if not wanted and (mapping.key or len(lacking) < len(mapping.cells)):
        return
    field = (wanted or lacking)[0]
    column = mapping.cells[field].columns[0]
    near = nearest(column, found.columns)
    hint = f" Did you mean {near!r}?" if near else ""
    shown = ", ".join(map(repr, list(found.columns)[:30]))
    at = rows.lists(path, out) if found.count == 1 else []
    listed = f" Lists of objects stand at: {', '.join(at)}; say path = one of them." if at else ""
    raise InputError(
        f"mapping {mapping.name} does not fit {path.name}: it has no column {column!r} for {field}. "
        f"Nothing was read from it.{hint} Columns: {shown}.{listed}"
    )

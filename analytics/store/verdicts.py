"""Writes what reports say of runs into a store: matched, upserted, revisions kept, in one transaction."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from time import perf_counter
from typing import TYPE_CHECKING

from analytics.schema import VERDICTS
from analytics.sources import Reject
from analytics.sources.rows import UnusableError
from analytics.store import imports, lake
from analytics.verdicts import Report, Saying
from analytics.verdicts.matching import By, Known, Matched, choose, combined, contradictory

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, kw_only=True)
class Reported:
    """What one verification brings."""

    asked: str
    """What was asked for: paths."""
    reports: Sequence[Report]
    rejects: Sequence[Reject]
    """Files that could not be read at all; what a report left out stands in the report."""
    by: By | None
    """What ids name; None: a run where there is one of that id, else a task."""
    now: datetime
    """UTC, without a zone."""
    began: float
    """``time.perf_counter()`` when it started."""


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What one verification did to the store."""

    import_id: int | None
    """None where nothing was stored, because nothing is new or nothing matched."""
    snapshot_before: int
    verdicts: int
    """Verdicts read: one per run or task that a report speaks of."""
    matched: int
    """Of those, the ones that speak of a run that is stored."""
    runs: int
    """Runs that they speak of."""
    unmatched: tuple[str, ...]
    """What the others are about, as the reports call it."""
    new: int
    changed: int
    unchanged: int
    withdrawn: int
    rejects: tuple[Reject, ...]
    notes: tuple[str, ...]
    """What the user must know of how the reports were taken."""
    example: tuple[str | None, str | None]
    """A run and a task of the store, to say what ids look like here."""


def write(con: "DuckDBPyConnection", reported: Reported) -> Verified:
    """Commit what reports say, all or nothing. Nothing is stored where no run is spoken of.

    Args:
        con: a connection from ``lake.writer``.
        reported: what was read.

    Raises:
        StoreError: the store could not be written; it is as it was.
    """
    fate = lake.Fate()
    with lake.transaction(con, fate):
        snapshot_before = lake.snapshot_id(con)
        import_id = imports.next_id(con)
        con.execute("SET VARIABLE import_id = $1", [import_id])
        found: list[tuple[Report, list[Matched]]] = []
        rejects, unmatched = list(reported.rejects), []
        notes: list[str] = []
        for report in reported.reports:
            matched, lost, refused = _match(con, report, reported.by)
            found.append((report, combined(matched)))
            if both := contradictory(matched):
                notes.append(
                    f"{report.name}: says pass and fail of {both:,} of its runs or tasks: the newest "
                    "counts, without times the last"
                )
            rejects += [*report.rejects, *refused]
            unmatched += lost
        _stage(con, found)
        spoken = con.execute(lake.statement("statements", "spoken_of")).fetchall()
        speaking = {tuple(row[:4]) for row in spoken}
        runs = len({tuple(row[4:]) for row in spoken})
        for report, verdicts in found:
            unmatched += [
                _called(each) for each in verdicts if (report.origin, *_key(each)) not in speaking
            ]
        con.execute(lake.statement("statements", "apply_verdicts"))
        states = Counter(
            dict(con.execute("SELECT state, count(*) FROM verdict_changes GROUP BY 1").fetchall())
        )
        imports.write_rejects(con, import_id, rejects)
        news = states["new"] + states["changed"] + states["withdrawn"]
        fate.keep = bool(speaking) and news > 0
        formats = ", ".join(dict.fromkeys(report.format for report in reported.reports))
        con.execute(
            lake.statement("statements", "add_import"),
            [
                import_id, reported.now, reported.asked, formats, states["new"],
                states["changed"] + states["withdrawn"], states["unchanged"], len(rejects), runs,
                perf_counter() - reported.began, False, snapshot_before,
            ],
        )  # fmt: skip
        example = con.execute(lake.statement("statements", "some_names")).fetchone()
    return Verified(
        import_id=import_id if fate.keep else None,
        snapshot_before=snapshot_before,
        verdicts=len(speaking) + len(unmatched),
        matched=len(speaking),
        runs=runs,
        unmatched=tuple(dict.fromkeys(unmatched)),
        new=states["new"],
        changed=states["changed"],
        unchanged=states["unchanged"],
        withdrawn=states["withdrawn"],
        rejects=tuple(rejects),
        notes=tuple(notes),
        example=example or (None, None),
    )


def _match(
    con: "DuckDBPyConnection", report: Report, by: By | None
) -> tuple[list[Matched], list[str], list[Reject]]:
    """Hold what a report says against the runs: what it is about, what about nothing, what is unclear."""
    sayings = [_forced(saying, by) for saying in report.sayings]
    known = _known(con, sayings)
    matched: list[Matched] = []
    lost: list[str] = []
    rejects: list[Reject] = []
    for position, saying in enumerate(sayings):
        clues = {clue: known.get((position, at), ()) for at, clue in enumerate(saying.clues)}
        try:
            about = choose(saying, clues)
        except UnusableError as fault:
            rejects.append(Reject(file=report.name, line=saying.line, reason=str(fault)))
            continue
        about = about or _not_here(saying)
        matched += [Matched(saying=saying, about=each) for each in about]
        if not about:
            lost.append(saying.clues[0].text)
    return matched, lost, rejects


def _forced(saying: Saying, by: By | None) -> Saying:
    if by is None:
        return saying
    clues = (clue if clue.names == "commit" else replace(clue, names=by) for clue in saying.clues)
    return replace(saying, clues=tuple(clues))


def _known(
    con: "DuckDBPyConnection", sayings: Sequence[Saying]
) -> dict[tuple[int, int], list[Known]]:
    """Return (saying, clue) -> what the clue stands for in the store."""
    import pyarrow as pa

    rows = [
        (position, at, clue.text, clue.names, saying.attempt)
        for position, saying in enumerate(sayings)
        for at, clue in enumerate(saying.clues)
    ]
    names = ("saying", "clue", "text", "names", "attempt")
    types = (pa.int64(), pa.int64(), pa.string(), pa.string(), pa.int64())
    _table(con, "clues", rows, pa.schema(list(zip(names, types, strict=True))))
    known: dict[tuple[int, int], list[Known]] = {}
    for position, at, by, key in con.execute(
        lake.statement("statements", "known_clues")
    ).fetchall():
        known.setdefault((position, at), []).append(Known(by=by, key=key))
    return known


def _not_here(saying: Saying) -> tuple[Known, ...]:
    """Return what a saying names that the store does not have: its runs may be imported later.

    A clue that had to be looked for may be any word, and an attempt cannot wait for its run.
    """
    first = saying.clues[0]
    if first.rank or first.names == "commit" or saying.attempt is not None:
        return ()
    return (Known(by="run" if first.names == "run" else "task", key=first.text),)


def _stage(con: "DuckDBPyConnection", found: Sequence[tuple[Report, list[Matched]]]) -> None:
    """Fill tables new_verdicts and origins."""
    import pyarrow as pa

    rows = [
        (report.origin, *_key(each), said.kind, said.passed, said.found_at, said.evidence)
        for report, verdicts in found
        for each in verdicts
        for said in (each.saying,)
    ]
    types = {"VARCHAR": pa.string(), "TIMESTAMP": pa.timestamp("us"), "BOOLEAN": pa.bool_()}
    columns = [field for field in VERDICTS.fields if field.name != "import_id"]
    schema = pa.schema([(field.name, types[field.type]) for field in columns])
    _table(con, "new_verdicts", rows, schema)
    origins = [(report.origin, not report.rejects) for report, verdicts in found if verdicts]
    schema = pa.schema([("origin", pa.string()), ("is_whole", pa.bool_())])
    _table(con, "origins", origins, schema)


def _table(
    con: "DuckDBPyConnection", name: str, rows: Sequence[tuple[object, ...]], schema: "pa.Schema"
) -> None:
    import pyarrow as pa

    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(column, kind.type) for column, kind in zip(columns, schema, strict=True)]
    con.register(f"staged_{name}", pa.table(arrays, schema=schema))
    con.execute(lake.statement("statements", f"stage_{name}"))
    con.unregister(f"staged_{name}")


def _key(matched: Matched) -> tuple[str, str, str | None]:
    return matched.about.by, matched.about.key, matched.saying.variant


def _called(matched: Matched) -> str:
    variant = matched.saying.variant
    return matched.about.key + (f" ({variant})" if variant else "")

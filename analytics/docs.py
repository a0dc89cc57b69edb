"""The README's tables, made from the declarations that they describe."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analytics.metrics.catalog import Metric


def metrics() -> str:
    """Return every metric with its unit and definition, a fold for each subject."""
    from analytics.metrics.catalog import SUBJECTS

    return "\n" + "\n".join(
        f"<details><summary>{subject}: {len(found)} metrics</summary>\n"
        + _table(
            ("metric", "name", "unit", "better", "definition"),
            ((m.title, f"`{m.name}`", m.unit.value, m.better or "neither", _doc(m)) for m in found),
        )
        + "\n</details>\n"
        for subject, found in SUBJECTS.items()
    )


def _doc(metric: "Metric") -> str:
    lacks = metric.not_on_clickhouse
    return metric.doc if lacks is None else f"{metric.doc} Not on ClickHouse: {lacks}."


def formats() -> str:
    """Return every format that can be imported, with what it can tell."""
    from analytics.sources.formats import table

    head, *rows = table()
    return _table(head, ((f"`{name}`", *cells) for name, *cells in rows))


def commands() -> str:
    """Return every command with what it does."""
    from analytics.cli import COMMANDS

    return _table(
        ("command", "what it does"), ((f"`patchpilot {n}`", s) for n, s in COMMANDS.items())
    )


def tables() -> str:
    """Return every stored table with what one row of it is."""
    from analytics.schema import TABLES

    return _table(("table", "one row is"), ((f"`{t.name}`", t.row) for t in TABLES.values()))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n" + "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"

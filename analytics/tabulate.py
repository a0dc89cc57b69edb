"""Metrics as text: a table to read, JSON and CSV to go on with."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from analytics.export.formulas import defused
from analytics.metrics.aggregates import Estimate
from analytics.metrics.catalog import Metric
from analytics.metrics.evaluate import Cut
from analytics.render import UNKNOWN, basis, bracket, interval, number

Found = Mapping[Cut, Mapping[str, Estimate]]


def table(metrics: Sequence[Metric], by: Sequence[str], found: Found) -> str:
    """Return aligned columns: cuts, title, value, 95 % interval, what it stands on."""
    rows = [[*by, "metric", "value", "95 % interval", "of"]]
    for cut, estimates in found.items():
        for metric in metrics:
            estimate = estimates[metric.name]
            doubt = bracket(estimate, metric.unit)
            rows.append(
                [
                    *(UNKNOWN if value is None else one_line(str(value)) for value in cut),
                    metric.title,
                    number(estimate.value, metric.unit),
                    interval(estimate, metric.unit),
                    basis(metric, estimate) + (f"; bracket {doubt}" if doubt else ""),
                ]
            )
    return aligned(rows)


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of equal length as columns, the first row being their titles."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(text.ljust(w) for text, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def as_json(metrics: Sequence[Metric], by: Sequence[str], found: Found) -> str:
    """Return a list of objects: the cuts, the metric's name and unit, and its whole estimate."""
    return json.dumps(_records(metrics, by, found), indent=2, default=str)


def as_csv(metrics: Sequence[Metric], by: Sequence[str], found: Found) -> str:
    """Return what ``as_json`` says, one line per metric and cut; no cell is a formula."""
    records = [
        {
            name: defused(value) if isinstance(value, str) else value
            for name, value in record.items()
        }
        for record in _records(metrics, by, found)
    ]
    out = io.StringIO()
    writer = csv.DictWriter(
        out, list(records[0]) if records else [*by, "metric"], lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue().rstrip("\n")


FORMATS = {"table": table, "json": as_json, "csv": as_csv}
"""How metrics can be printed."""


def _records(metrics: Sequence[Metric], by: Sequence[str], found: Found) -> list[dict[str, object]]:
    return [
        {
            **dict(zip(by, cut, strict=True)),
            "metric": metric.name,
            "unit": metric.unit.value,
            **asdict(estimates[metric.name]),
        }
        for cut, estimates in found.items()
        for metric in metrics
    ]


def one_line(text: str, length: int = 40) -> str:
    """Make text from traces fit for a terminal: no line breaks, no control codes, not too long."""
    plain = "".join(character if character.isprintable() else " " for character in text)
    return plain if len(plain) <= length else plain[: length - 1] + "…"

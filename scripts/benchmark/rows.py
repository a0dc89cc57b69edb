"""What the table says: every row once, with its unit and, where there is one, its target."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from math import log
from statistics import linear_regression, median


class Unit(Enum):
    """How a value prints."""

    SECONDS = "{:.2f} s"
    MILLIS = "{:.1f} ms"
    MICROS = "{:.1f} µs"
    MEGABYTES = "{:,.1f} MB"
    KILOBYTES = "{:,.0f} kB"
    TIMES = "{:.2f}x"
    EXPONENT = "{:.2f}"
    COUNT = "{:,.0f}"


_SCALE = {Unit.MILLIS: 1e3, Unit.MICROS: 1e6, Unit.MEGABYTES: 1e-6, Unit.KILOBYTES: 1e-3}
"""From seconds and bytes, in which values are kept."""


_COSTS = {Unit.SECONDS, Unit.MILLIS, Unit.MICROS, Unit.MEGABYTES, Unit.KILOBYTES}


@dataclass(frozen=True, kw_only=True)
class Target:
    """What a value should be, in the units in which values are kept."""

    limit: float
    at_least: bool = False
    size: int | None = None
    """The number of calls that it is stated for; every size where None."""

    def met(self, value: float) -> bool:
        """Say whether a value meets it."""
        return value >= self.limit if self.at_least else value <= self.limit


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    title: str
    unit: Unit
    targets: tuple[Target, ...] = ()
    growth: Target | None = None
    """What the exponent of its growth should be."""

    @property
    def is_cost(self) -> bool:
        """Whether it is something that is spent, and so may grow with the number of calls."""
        return self.unit in _COSTS


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured value: the median, and the range where it was measured more than once."""

    value: float
    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, values: Sequence[float]) -> "Figure":
        """Sum some measurements up."""
        if len(values) == 1:
            return cls(value=values[0])
        return cls(value=median(values), low=min(values), high=max(values))


Figures = Mapping[str, Figure]
"""Row name -> figure, of one size; what was not measured is absent."""

_MB800 = Target(limit=800e6)
_MS60 = Target(limit=0.060)
_M1, _M5 = 1_000_000, 5_000_000

GROUPS = {
    "ingest": (
        Row("raw", "Raw export", Unit.MEGABYTES),
        Row("copy_wall", "Bare DuckDB COPY to Parquet, wall", Unit.SECONDS),
        Row("copy_cpu", "Bare COPY, CPU", Unit.SECONDS),
        Row("copy_peak", "Bare COPY, peak memory", Unit.MEGABYTES),
        Row("import_wall", "Import, wall", Unit.SECONDS),
        Row("import_cpu", "Import, CPU", Unit.SECONDS),
        Row("import_peak", "Import, peak memory", Unit.MEGABYTES, (_MB800,)),
        Row("import_rate", "Import, calls a second", Unit.COUNT),
        Row("wall_ratio", "Import : bare COPY, wall", Unit.TIMES),
        Row(
            "cpu_ratio",
            "Import : bare COPY, CPU",
            Unit.TIMES,
            (Target(limit=1.25, size=_M1), Target(limit=1.35, size=_M5)),
        ),
        Row("store_ratio", "Raw export : store", Unit.TIMES, (Target(limit=6, at_least=True),)),
        Row("prepared", "Of the store, what readers begin with", Unit.MEGABYTES),
    ),
    "mixed": (
        Row("mixed_wall", "Import of Weave, OTLP and recorded runs, wall", Unit.SECONDS),
        Row(
            "mixed_peak",
            "Import of Weave, OTLP and recorded runs, peak memory",
            Unit.MEGABYTES,
            (_MB800,),
        ),
    ),
    "cold": (
        Row("cold_wall", "Raw export to all metrics, wall", Unit.SECONDS),
        Row("cold_cpu", "Raw export to all metrics, CPU", Unit.SECONDS),
        Row("cold_peak", "Raw export to all metrics, peak memory", Unit.MEGABYTES, (_MB800,)),
        Row("cold_ratio", "The same : bare COPY, wall", Unit.TIMES, (Target(limit=1.6),)),
    ),
    "open": (
        Row(
            "open",
            "Fresh process, store opened, all metrics",
            Unit.SECONDS,
            (Target(limit=1, size=_M5),),
        ),
    ),
    "poll": (Row("poll", "Idle poll", Unit.MILLIS, (Target(limit=0.010),)),),
    "trace": (
        Row("tree", "One trace as a tree", Unit.MILLIS, (_MS60,)),
        Row("payloads", "One trace's payloads", Unit.MILLIS, (_MS60,)),
    ),
    "long": (Row("long", "A trace of 32,000 calls opened", Unit.MILLIS, (Target(limit=1),)),),
    "start": (
        Row("health_1", "First start: server answers", Unit.SECONDS),
        Row("card_1", "First start: first card in the browser", Unit.SECONDS),
        Row("health_2", "Second start: server answers", Unit.SECONDS),
        Row("card_2", "Second start: first card in the browser", Unit.SECONDS),
    ),
    "export": (
        Row("page_wall", "Self-contained page, wall", Unit.SECONDS),
        Row("page_size", "Self-contained page, size", Unit.MEGABYTES),
    ),
    "pages": (
        Row("chart_size", "Largest chart of any page", Unit.KILOBYTES, (Target(limit=0.25e6),)),
        Row("chart_marks", "Most marks in a chart", Unit.COUNT, (Target(limit=2_000),)),
        Row("table_rows", "Most rows in a table of a page", Unit.COUNT, (Target(limit=250),)),
    ),
    "record": (
        Row(
            "record_median",
            "Recording an event: the caller's time, median",
            Unit.MICROS,
            (Target(limit=50e-6),),
        ),
        Row("record_p99", "Recording an event: the caller's time, 99 of 100", Unit.MICROS),
        Row("record_rate", "Recording, events a second until they are on disk", Unit.COUNT),
    ),
    "refresh": (
        Row(
            "write",
            "Refresh after 1,000 calls: write part",
            Unit.MILLIS,
            growth=Target(limit=0.2),
        ),
        Row("reload", "Refresh: rollups reloaded", Unit.MILLIS),
        Row("metrics", "Refresh: all metrics", Unit.MILLIS, (Target(limit=0.130, size=_M5),)),
        Row("refresh", "Refresh, total", Unit.MILLIS, (Target(limit=0.450, size=_M5),)),
        Row("refresh_cpu", "Refresh, total, CPU", Unit.MILLIS),
        Row("recompute", "Full recompute of the same metrics", Unit.MILLIS),
        Row("recompute_cpu", "Full recompute, CPU", Unit.MILLIS),
        Row(
            "recompute_ratio",
            "Full recompute : refresh",
            Unit.TIMES,
            (Target(limit=3, at_least=True, size=_M5),),
        ),
        Row("differing", "Rows that a recompute makes otherwise", Unit.COUNT, (Target(limit=0),)),
    ),
}
"""What is measured together -> its rows, in the order of the table. Quantiles are exact everywhere, so
the targets are those for exact ones."""


def growth(found: Mapping[int, Figures], name: str) -> float | None:
    """Return the exponent with which a cost grows with calls, by least squares over all sizes measured.

    None where it was measured at fewer than two, or was nothing.
    """
    values = {size: figures[name].value for size, figures in found.items() if name in figures}
    if len(values) < 2 or min(values.values()) <= 0:
        return None
    return linear_regression(
        [log(size) for size in values], [log(value) for value in values.values()]
    ).slope


def table(found: Mapping[int, Figures]) -> str:
    """Return the Markdown table: one column per size, what was aimed at, and how costs grow."""
    grows = len(found) > 1
    head = ["measured", "target", *(f"{size:,} calls" for size in found)]
    lines = [head, ["---", "---", *("---:" for _ in found)]]
    if grows:
        head.append("grows as calls to the power of")
        lines[1].append("---:")
    for row in (row for rows in GROUPS.values() for row in rows):
        if any(row.name in figures for figures in found.values()):
            cells = [_cell(row, figures.get(row.name), size) for size, figures in found.items()]
            aims = [_aim(row.unit, target) for target in row.targets]
            if row.growth:
                aims.append(f"power {_aim(Unit.EXPONENT, row.growth)}")
            if grows:
                cells.append(_power(row, growth(found, row.name)))
            lines.append([row.title, ", ".join(aims), *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _power(row: Row, exponent: float | None) -> str:
    if not row.is_cost:
        return ""
    if exponent is None:
        return "—"
    judged = "" if row.growth is None else ", met" if row.growth.met(exponent) else ", missed"
    return _number(Unit.EXPONENT, exponent) + judged


def _cell(row: Row, figure: Figure | None, size: int) -> str:
    if figure is None:
        return "—"
    text = _number(row.unit, figure.value)
    if figure.low is not None and figure.high is not None:
        low, high = (_number(row.unit, end).split(" ")[0] for end in (figure.low, figure.high))
        text += f" ({low} to {high})"
    for target in row.targets:
        if target.size in (None, size):
            text += ", met" if target.met(figure.value) else ", missed"
    return text


def _aim(unit: Unit, target: Target) -> str:
    sign = "≥" if target.at_least else "≤"
    where = "" if target.size is None else f" at {target.size:,}"
    return f"{sign} {_number(unit, target.limit)}{where}"


def _number(unit: Unit, value: float) -> str:
    return unit.value.format(value * _SCALE.get(unit, 1))

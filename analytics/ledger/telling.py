"""What an import changed, as lines to read and as JSON to go on with."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict

from analytics.ledger import Changes, Compared, Difference, Moved
from analytics.render import UNKNOWN, card, count, counted, moment, number

_MOST_PAIRS = 10


def lines(found: Changes) -> Iterator[str]:
    """Yield what is to be said of an import, one line each."""
    one = found.imported
    yield f"import {one.import_id:<4} {moment(one.imported_at)} UTC, from {one.origin} ({one.formats})"
    yield (
        f"records     {count(one.new)} new, {count(one.changed)} changed, "
        f"{count(one.unchanged)} unchanged, {count(one.rejected)} rejected"
    )
    for each in found.revised:
        yield f"            {counted(each.records, 'revision')} of {each.field}, of {each.kind}"
    if found.compared is None:
        yield f"runs        not compared: {found.gone}"
    else:
        yield from _compared(found.compared)


def as_json(found: Changes) -> str:
    """Return everything that is known of an import's changes."""
    two = found.compared
    return json.dumps(
        {
            "import": asdict(found.imported),
            "revised": [asdict(each) for each in found.revised],
            "compared": two is not None,
            "gone": found.gone or None,
            "runs": two and asdict(two.runs),
            "verdicts": two and [asdict(each) for each in two.verdicts],
            "metrics": two
            and [
                {
                    "metric": each.metric.name,
                    "unit": each.metric.unit.value,
                    "before": each.before.value,
                    "after": each.after.value,
                    "difference": each.difference,
                }
                for each in two.moved
            ],
        },
        indent=2,
        default=str,
    )


def said(told: str | None) -> str:
    """Return a name, or a dash where it is unknown."""
    return UNKNOWN if told is None else told


def of_runs(runs: Difference) -> str:
    """Return how many runs are new, gone and changed."""
    return ", ".join(
        (
            f"{_sum(runs.added)} added",
            f"{_sum(runs.removed)} removed",
            f"{runs.changed:,} changed",
        )
    )


def moved(each: Moved) -> tuple[str, str, str]:
    """Return a metric before, after, and the difference, as text with units."""
    told = card(each.metric, each.after, each.before)
    change = "by less than is shown" if told.trend == "same" else told.change or UNKNOWN
    return number(each.before.value, each.metric.unit), told.value, change


def _compared(two: Compared) -> Iterator[str]:
    runs = two.runs
    yield f"runs        {of_runs(runs)}"
    pairs = ", ".join(f"{each.runs:,} {each.before} -> {each.after}" for each in runs.flips)
    yield f"outcomes    {runs.flips_count:,} flipped" + (f": {pairs}" if pairs else "")
    for each in runs.flipped:
        about = ", ".join(part for part in (each.task, each.variant) if part)
        yield f"            {each.run_id}{f' ({about})' if about else ''}: {each.before} -> {each.after}"
    if runs.flips_count > len(runs.flipped):
        yield f"            and {runs.flips_count - len(runs.flipped):,} more"
    yield f"labels      {counted(runs.relabelled, 'run')} relabelled"
    for label in runs.relabellings[:_MOST_PAIRS]:
        told = f"{said(label.before)} -> {said(label.after)}"
        yield f"            {label.column} {told}, {counted(label.runs, 'run')}"
    if len(runs.relabellings) > _MOST_PAIRS:
        yield f"            and {len(runs.relabellings) - _MOST_PAIRS:,} more pairs of names"
    for news in two.verdicts:
        yield (
            f"verdicts    {news.kind}: {news.new:,} new, {news.changed:,} changed, "
            f"{news.withdrawn:,} withdrawn"
        )
    yield f"metrics     {counted(len(two.moved), 'metric')} moved"
    for each in two.moved:
        before, after, change = moved(each)
        yield f"            {each.metric.title}: {before} -> {after} ({change})"


def _sum(parts: Mapping[str, int]) -> str:
    return f"{sum(parts.values()):,}" + (
        f" ({', '.join(f'{n:,} {outcome}' for outcome, n in parts.items())})" if parts else ""
    )

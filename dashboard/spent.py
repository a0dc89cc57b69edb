"""What the page of cost and tools shows: its sections as markup, from frames that are worked out already."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from analytics.metrics.catalog import Unit
from analytics.overview import Headline, Overview
from analytics.pricing import HOW_TO_PRICE
from analytics.render import UNKNOWN, count, counted, difference, number, seconds
from analytics.spending import CUTS, Budget, Outlier, Spending
from dashboard import address, pages, spending_charts
from dashboard.drawing import day_name
from dashboard.widgets import (
    NOTHING,
    Markup,
    callout,
    cards,
    chart,
    command,
    grid,
    join,
    table,
    tag,
)

if TYPE_CHECKING:
    from polars import DataFrame

HERE = "/spending"
"""Path of the page."""

SECTIONS = (
    ("cost", "Cost"),
    ("models", "Models"),
    ("tools", "Tools"),
    ("agents", "Agents"),
    ("pipelines", "Pipelines"),
    ("debugging", "Debugging"),
    ("code", "Code"),
)
"""Anchor and title of every part of the page."""

FIRST_CARDS = ("cost", "cost_per_run", "cost_per_solved_run", "cost_per_fixed_bug")
SECOND_CARDS = ("cost_of_failures", "tokens_per_run", "cache_hit_rate", "unpriced_tokens")
PIPELINE_CARDS = (
    "pipeline_pass_rate", "pipelines_per_run", "pipeline_time", "pipeline_queue_time",
    "pipeline_execution_time",
)  # fmt: skip
DEBUGGING_CARDS = (
    "debugging_resolved_rate", "debugging_cycles_per_run", "debugging_time", "debugging_attempts",
)  # fmt: skip
CODE_CARDS = (
    "files_created", "files_modified", "files_deleted", "lines_added", "lines_removed", "commits",
    "coverage",
)  # fmt: skip

_NOT_TOLD = "not told"
_MOST_MODELS = 20
_MOST_AGENTS = 15
_LONGEST = 80


def has_spent(spent: Spending) -> bool:
    """Say whether any call tells tokens or cost."""
    return not spent.models.is_empty()


def no_spending() -> str:
    """Return what stands where no call tells tokens or cost, and what would."""
    return (
        "No call of these runs tells tokens or cost. Both appear when traces carry them: usage in a "
        "call's summary (Weave), gen_ai.usage attributes (OpenTelemetry), or tokens and cost of a run."
    )


def top(shown: Overview, spent: Spending) -> Markup:
    """Return the cards, with what must be known of a cost before it is believed."""
    if not has_spent(spent):
        return tag("p", no_spending(), class_="pp-quiet")
    before = shown.window.before_label
    return join(
        [
            _outlier(spent.outlier) if spent.outlier else NOTHING,
            *_over_budget(spent.budget),
            cards(shown.headlines(FIRST_CARDS), before),
            cards(shown.headlines(SECOND_CARDS), before, small=True),
        ]
    )


def _outlier(found: Outlier) -> Markup:
    share = 100 * found.costliest_usd / found.total_usd
    is_whole_run = found.costliest_span_id == found.run_id
    what = "run, told as a whole," if is_whole_run else f"of {counted(found.calls_count, 'call')}"
    rest = number(max(found.total_usd - found.costliest_usd, 0.0), Unit.USD)
    where = pages.address("/runs", HERE)
    return callout(
        "stale",
        f"One {what} makes {share:.0f} % of the cost.",
        tag(
            "p",
            f"It cost {number(found.costliest_usd, Unit.USD)} of {number(found.total_usd, Unit.USD)}; "
            f"without it, {rest}. ",
            tag("a", "Open the run", href=address.link_to((found.source, found.run_id), where)),
        ),
    )


def _over_budget(budget: Budget) -> list[Markup]:
    """Return a word for each budget that is passed."""
    told: list[Markup] = []
    if budget.per_day_usd is not None and budget.days_over and budget.dearest_day is not None:
        told.append(
            callout(
                "stale",
                f"Over the budget of {_usd(budget.per_day_usd)} a day on {budget.days_over:,} of "
                f"{counted(budget.days_count, 'day')} with a known cost.",
                f"The dearest: {day_name(budget.dearest_day)}, {_usd(budget.dearest_day_usd)}.",
            )
        )
    if budget.per_run_usd is not None and budget.runs_over:
        key = (budget.dearest_source or "", budget.dearest_run_id or "")
        where = address.link_to(key, pages.address("/runs", HERE))
        told.append(
            callout(
                "stale",
                f"Over the budget of {_usd(budget.per_run_usd)} a run in {budget.runs_over:,} of "
                f"{counted(budget.runs_count, 'run')} with a known cost.",
                tag("p", f"The dearest cost {_usd(budget.dearest_run_usd)}. ",
                    tag("a", "Open it", href=where)),
            )
        )  # fmt: skip
    return told


def budget_note(budget: Budget) -> str:
    """Return how the cost over time stands to the budget."""
    if budget.per_day_usd is None and budget.per_run_usd is None:
        return "A price file with [budget] per_day_usd draws a line here: patchpilot prices --set FILE."
    kept: list[str] = []
    if budget.per_day_usd is not None and not budget.days_over:
        kept.append(f"Every day kept within {_usd(budget.per_day_usd)}.")
    if budget.per_run_usd is not None and not budget.runs_over:
        kept.append(f"Every run kept within {_usd(budget.per_run_usd)}.")
    return " ".join(kept)


def over_time(spent: Spending) -> Markup:
    """Return cost over time as a chart, with a word on the budget."""
    drawn = spending_charts.chart_cost_days(
        spent.days, bucket=spent.bucket, per_day_usd=spent.budget.per_day_usd
    )
    why = "No call reports a cost, and no model has a known price."
    return chart(drawn, "No known cost", why, note=budget_note(spent.budget))


def cuts(spent: Spending) -> dict[str, str]:
    """Return by what cost can be cut: title -> cut."""
    present = set(spent.cost_by["cut"].to_list())
    return {title: cut for cut, title in CUTS.items() if cut in present} or {"Model": "model"}


def cost_by(spent: Spending, cut: str) -> Markup:
    """Return what cost how much, as bars with their numbers."""
    rows = list(spent.cost_by.filter(pl.col("cut") == cut).iter_rows(named=True))
    total = sum(row["usd"] for row in rows)
    labels = _labels([(row["value"], row["pooled"]) for row in rows])
    frame = pl.DataFrame(
        {
            "label": labels,
            "usd": [row["usd"] for row in rows],
            "share": [row["usd"] / total if total else None for row in rows],
            "runs": [row["runs"] for row in rows],
        },
        schema={"label": pl.String, "usd": pl.Float64, "share": pl.Float64, "runs": pl.Int64},
    )
    drawn = spending_charts.chart_cost_by(frame, CUTS[cut])
    return chart(drawn, "No known cost", "No call reports a cost, and no model has a known price.")


def reported_and_computed(spent: Spending) -> Markup:
    """Return both costs of every model, and how far they differ."""
    rows = list(spent.models.iter_rows(named=True))
    both = [row for row in rows if row["both_reported_usd"] is not None][:12]
    names = _labels([(row["model"], 1) for row in both])
    frame = pl.DataFrame(
        [
            (name, basis, row[f"both_{basis}_usd"])
            for name, row in zip(names, both, strict=True)
            for basis in spending_charts.BASES
        ],
        schema={"label": pl.String, "basis": pl.String, "usd": pl.Float64},
        orient="row",
    )
    drawn = spending_charts.chart_reported_computed(frame)
    columns = [
        ("name", "Model"), ("num", "Calls"), ("num", "Reported"), ("num", "Computed"),
        ("num", "Computed less reported"), ("num", "Unpriced tokens"),
    ]  # fmt: skip
    listed = table(columns, map(_model, rows[:_MOST_MODELS]), name="Reported and computed cost")
    left_out = len(rows) - _MOST_MODELS
    more = (
        tag("p", f"and {counted(left_out, 'more model')}", class_="pp-quiet")
        if left_out > 0
        else ""
    )
    return join([chart(drawn, "", "") if drawn is not None else NOTHING, listed, more])


def _model(row: dict[str, object]) -> tuple[object, ...]:
    unpriced = row["unpriced_tokens"]
    provider = (
        tag("small", f" {_short(row['provider'])}", class_="pp-quiet") if row["provider"] else ""
    )
    computed = row["computed_usd"]
    name = tag("span", _short(row["model"]), provider, title=row["model"])
    return (
        name,
        f"{row['calls']:,}",
        _usd(row["reported_usd"]),
        tag("span", "unpriced", class_="pp-warn")
        if computed is None and unpriced
        else _usd(computed),
        difference(row["both_computed_usd"], row["both_reported_usd"]),  # type: ignore[arg-type]
        tag("span", f"{unpriced:,}", class_="pp-warn") if unpriced else "0",
    )


def unpriced(spent: Spending) -> Markup:
    """Return which models have no price, and what to do about it."""
    rows = spent.models.filter(pl.col("unpriced_tokens") > 0)
    if rows.is_empty():
        return NOTHING
    tokens = int(rows["unpriced_tokens"].sum())
    return callout(
        "info",
        f"{tokens:,} tokens of {counted(len(rows), 'model')} are unpriced, and in no sum of costs.",
        tag("p", f"To price them, {HOW_TO_PRICE.partition(', then: ')[0]}, then: ",
            command("patchpilot prices --set FILE")),
    )  # fmt: skip


def tokens(spent: Spending) -> Markup:
    """Return tokens by kind, model by model."""
    places = spent.tokens.unique("place", maintain_order=True).select("place", "model", "pooled")
    labels = _labels([(model, pooled) for _, model, pooled in places.rows()])
    named = dict(zip(places["place"].to_list(), labels, strict=True))
    frame = spent.tokens.with_columns(
        label=pl.Series([named[place] for place in spent.tokens["place"]], dtype=pl.String)
    )
    note = ""
    if spent.contradictory:
        parts = counted(spent.contradictory, "part")
        note = f"{parts} of runs left out: their counts of tokens contradict each other."
    drawn = spending_charts.chart_tokens(frame)
    return chart(drawn, "No tokens", "No call of these runs counts its tokens.", note=note)


def agents(spent: Spending) -> Markup:
    """Return what each agent took, where it failed and how often it tried again."""
    columns = [
        ("name", "Agent"), ("num", "Runs"), ("num", "Time per run"), ("num", "Total time"),
        ("num", "Steps"), ("num", "Failed"), ("num", "Retries"),
    ]  # fmt: skip
    rows = [
        (
            tag("span", _short(row["agent"]), title=row["agent"]),
            f"{row['runs']:,}",
            seconds(row["mean_s"]),
            seconds(row["total_s"]),
            count(row["steps"]),
            share_of(row["errors"], row["judged"]),
            count(row["retries"]),
        )
        for row in spent.agents.head(_MOST_AGENTS).iter_rows(named=True)
    ]
    left_out = len(spent.agents) - len(rows)
    more = (
        tag("p", f"and {counted(left_out, 'more agent')}", class_="pp-quiet")
        if left_out > 0
        else ""
    )
    return join([table(columns, rows, name="Agents"), more])


def pipelines(shown: Overview, spent: Spending) -> Markup:
    """Return how CI pipelines went: their rates, their time, and why they failed."""
    drawn = spending_charts.chart_pipelines(spent.pipelines, bucket=spent.bucket)
    why = "No pipeline tells both how long it waited and how long it ran."
    failed = int(spent.done["pipelines_failed"])
    of = counted(failed, "failed pipeline")
    return join(
        [
            known_cards(shown, PIPELINE_CARDS),
            grid(
                (6, "Waiting and running", chart(drawn, "No phases", why)),
                (3, "Failed jobs", _frequent(spent.failures, "job", f"None named by {of}.")),
                (3, "Errors", _frequent(spent.failures, "pipeline error", f"None named by {of}.")),
            ),
        ]
    )


def debugging(shown: Overview, spent: Spending) -> Markup:
    """Return how debugging went, and what was debugged."""
    errors = _frequent(spent.failures, "debugged error", "No cycle names its error.", resolved=True)
    return join(
        [
            known_cards(shown, DEBUGGING_CARDS),
            grid((6, "Errors", errors)),
        ]
    )


def known_cards(shown: Overview, names: Sequence[str]) -> Markup:
    """Return the cards that have a value, and a line with the titles of the others."""
    all_of = shown.headlines(names)
    known = [each for each in all_of if each.now.value is not None]
    lacking = [each.card.title for each in all_of if each.now.value is None]
    rest = tag("p", f"Not told: {', '.join(lacking)}.", class_="pp-quiet") if lacking else NOTHING
    return join([cards(known, shown.window.before_label, small=True) if known else NOTHING, rest])


def knows(shown: Overview, names: Sequence[str]) -> bool:
    """Say whether some of these metrics have a value."""
    return any(_is_known(each) for each in shown.headlines(names))


def _is_known(headline: Headline) -> bool:
    return headline.now.value is not None


def _frequent(frame: "DataFrame", told: str, why: str, *, resolved: bool = False) -> Markup:
    """Return a list of values by how often they occur."""
    rows = list(frame.filter(pl.col("told") == told).iter_rows(named=True))
    if not rows or all(row["value"] is None for row in rows):
        return tag("p", why, class_="pp-quiet")
    columns = [("what", "What"), ("num", "Times"), *([("num", "Resolved")] if resolved else [])]
    cells = [
        (
            tag("span", _short(row["value"]), title=row["value"]),
            f"{row['times']:,}",
            *([share_of(row["resolved"], row["judged"])] if resolved else []),
        )
        for row in rows
    ]
    left_out = rows[0]["values_count"] - len(rows)
    more = tag("p", f"and {left_out:,} more", class_="pp-quiet") if left_out > 0 else NOTHING
    return join([table(columns, cells, name=f"How often: {told}"), more])


def share_of(part: int | None, whole: int | None) -> str:
    """Return how many of how many, and in per cent.

    >>> share_of(3, 40), share_of(None, None), share_of(0, 0)
    ('3 of 40 (7.5 %)', '—', '—')
    """
    if part is None or not whole:
        return UNKNOWN
    return f"{part:,} of {whole:,} ({number(part / whole, Unit.SHARE)})"


def _labels(values: Sequence[tuple[object, int]]) -> list[str]:
    """Return names for bars, each different: bars of one name would lie on top of each other."""
    labels: list[str] = []
    for value, pooled in values:
        label = f"{pooled:,} others" if pooled > 1 else _short(value)
        while label in labels:
            label += " "
        labels.append(label)
    return labels


def _short(value: object) -> str:
    told = _NOT_TOLD if value is None else str(value)
    return told if len(told) <= _LONGEST else told[: _LONGEST - 1] + "…"


def _usd(value: object) -> str:
    return number(value if isinstance(value, float) else None, Unit.USD)

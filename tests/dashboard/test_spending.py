"""The page of cost and tools: its numbers add up, every cell runs in every state, texts stay texts."""

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from analytics import cost, sync
from analytics.metrics.catalog import METRICS
from analytics.metrics.evaluate import evaluate, measure
from analytics.overview import PERIODS, Scope, overview, selection, window
from analytics.spending import CUTS, KINDS, Spending, spending
from analytics.store.reader import Reader
from dashboard import pages, spending_charts, spent, tools_table
from dashboard import spending as spending_page
from dashboard.address import query
from dashboard.more_numbers import more_numbers
from dashboard.tools_table import ToolsView
from tests.dashboard import spending_traces
from tests.dashboard.test_charts import check
from tests.dashboard.test_notebooks import Tags, run
from tests.dashboard.traces import HOSTILE
from tests.golden.make import STATES, calls

EVERYTHING = Scope(period=PERIODS["all"])
FILTERS = (("variant", "v2"), ("agent", "BuildBot"), ("model", "gpt-4o"))
SCOPES = [
    EVERYTHING,
    Scope(),
    *(EVERYTHING.filtered(name, [value, None]) for name, value in FILTERS),
]
LATER = datetime(2026, 3, 20)

TmpPaths = pytest.TempPathFactory


def imported(folder: Path, runs: Any, prices: str = "") -> Path:
    file = spending_traces.write(folder / "calls.jsonl", runs)
    sync.import_paths(folder / "store", [str(file)], prices=cost.parse(prices))
    return folder / "store"


@pytest.fixture(scope="module")
def team_store(tmp_path_factory: TmpPaths) -> Path:
    return imported(tmp_path_factory.mktemp("team"), spending_traces.team(), spending_traces.PRICES)


@pytest.fixture(scope="module")
def dear_store(tmp_path_factory: TmpPaths) -> Path:
    """The same team, with one call that costs more than all others."""
    runs = [*spending_traces.team(4), spending_traces.outlier()]
    return imported(tmp_path_factory.mktemp("dear"), runs)


@pytest.fixture(scope="module")
def strange_store(tmp_path_factory: TmpPaths) -> Path:
    return imported(tmp_path_factory.mktemp("strange"), spending_traces.hostile(HOSTILE))


@pytest.fixture(scope="module")
def golden_store(tmp_path_factory: TmpPaths) -> Path:
    return imported(tmp_path_factory.mktemp("golden"), (calls(state) for state in STATES))


@pytest.fixture(scope="module")
def nothing_store(tmp_path_factory: TmpPaths) -> Path:
    return tmp_path_factory.mktemp("nothing") / "store"


@pytest.fixture(
    scope="module",
    params=["team_store", "dear_store", "strange_store", "golden_store", "nothing_store"],
)
def any_spending_store(request: pytest.FixtureRequest) -> Path:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def team(team_store: Path) -> Reader:
    return Reader(team_store, now=LATER)


def numbers(reader: Reader, scope: Scope, *names: str) -> dict[str, float]:
    with reader.cursor() as con:
        where = selection(scope, window(con, scope, reader.now))
        found = measure(con, [METRICS[name] for name in names], where)
    return {name: found[name].value or 0.0 for name in names}


@pytest.mark.parametrize("scope", SCOPES, ids=range(len(SCOPES)))
def test_every_sum_is_that_of_its_card(team: Reader, scope: Scope):
    shown = spending(team, scope)
    told = numbers(team, scope, "cost", "cost_reported", "tokens", "unpriced_tokens", "tool_calls")
    assert told["cost"] > 0
    assert shown.days["usd"].sum() == pytest.approx(told["cost"])
    assert shown.models["usd"].sum() == pytest.approx(told["cost"])
    assert shown.models["reported_usd"].sum() == pytest.approx(told["cost_reported"])
    assert shown.models["unpriced_tokens"].sum() == told["unpriced_tokens"]
    assert shown.tokens["tokens"].sum() == told["tokens"]
    assert shown.tools["calls"].sum() == told["tool_calls"]
    for cut in CUTS:
        part = shown.cost_by.filter(pl.col("cut") == cut)
        assert part["usd"].sum() == pytest.approx(told["cost"]), cut
        assert len(part) <= 13


def test_kinds_of_tokens_are_those_of_the_metrics(team: Reader):
    kinds = spending(team, EVERYTHING).tokens.group_by("kind").agg(pl.col("tokens").sum())
    sums = {KINDS[kind]: tokens for kind, tokens in kinds.rows()}
    told = numbers(
        team, EVERYTHING, "input_tokens_uncached", "cache_read_tokens", "cache_write_tokens",
        "output_tokens", "reasoning_tokens",
    )  # fmt: skip
    assert sums["Input, uncached"] == told["input_tokens_uncached"]
    assert sums["Cache reads"] == told["cache_read_tokens"]
    assert sums["Cache writes"] + sums["Cache writes, 1 h"] == told["cache_write_tokens"]
    assert sums["Output"] + sums["Reasoning"] == told["output_tokens"]
    assert sums["Reasoning"] == told["reasoning_tokens"] > 0


def test_tools_and_agents_say_what_their_metrics_say(team: Reader):
    shown = spending(team, EVERYTHING)
    names = {"failure_rate": "tool_failure_rate", "mean_s": "tool_time", "p95_s": "tool_time_p95"}
    with team.cursor() as con:
        tools = evaluate(con, [METRICS[name] for name in names.values()], ("tool",))
        agents = evaluate(con, [METRICS["agent_time"], METRICS["agent_failure_rate"]], ("agent",))
    assert len(shown.tools) == len(tools) == 18
    for row in shown.tools.iter_rows(named=True):
        for column, name in names.items():
            assert row[column] == pytest.approx(tools[(row["tool"],)][name].value)
    for row in shown.agents.iter_rows(named=True):
        told = agents[(row["agent"],)]
        assert row["mean_s"] == pytest.approx(told["agent_time"].value)
        assert row["errors"] / row["judged"] == pytest.approx(told["agent_failure_rate"].value)


def test_pipelines_and_cycles_are_counted(team: Reader):
    shown = spending(team, EVERYTHING)
    told = numbers(team, EVERYTHING, "pipeline_pass_rate", "pipelines_per_run")
    done = shown.done
    assert done["pipelines"] == told["pipelines_per_run"] * 56 == 112
    assert done["pipelines_passed"] / done["pipelines"] == pytest.approx(told["pipeline_pass_rate"])
    by = {name: part["times"].sum() for (name,), part in shown.failures.group_by("told")}
    assert by["job"] == by["pipeline error"] == done["pipelines_failed"] == done["cycles"]
    assert by["debugged error"] == done["cycles"]
    phases = shown.pipelines.group_by("phase").len()
    assert dict(phases.rows()) == {"queued": 14, "executed": 14}


def test_a_budget_that_is_passed_is_said_and_drawn(team: Reader):
    budget = spending(team, EVERYTHING).budget
    days = spending(team, EVERYTHING).days.group_by("bucket").agg(pl.col("usd").sum())
    assert budget.days_over == (days["usd"] > 0.4).sum() > 0
    assert budget.days_count == len(days)
    assert budget.dearest_day_usd == pytest.approx(days["usd"].max())
    html = spent.top(overview(team, EVERYTHING), spending(team, EVERYTHING)).html
    assert f"Over the budget of $0.40 a day on {budget.days_over} of 14 days" in html
    assert spent.budget_note(budget) == "Every run kept within $0.30."
    drawn = CHARTS["days"](spending(team, EVERYTHING))
    assert "budget $0.40 a day" in drawn.to_json()


def test_without_a_budget_nothing_is_over(dear_store: Path):
    reader = Reader(dear_store, now=LATER)
    budget = spending(reader, EVERYTHING).budget
    reader.close()
    assert budget.per_day_usd is None
    assert budget.days_over == budget.runs_over == 0
    assert "per_day_usd draws a line" in spent.budget_note(budget)


def test_a_call_that_makes_most_of_the_cost_is_called_out(dear_store: Path, team: Reader):
    reader = Reader(dear_store, now=LATER)
    shown = spending(reader, EVERYTHING)
    html = spent.top(overview(reader, EVERYTHING), shown).html
    reader.close()
    assert shown.outlier is not None
    assert shown.outlier.costliest_usd == 50.0
    rest = sum(shown.models["usd"].drop_nulls().to_list()) - 50.0
    assert f"It cost $50.00 of ${50 + rest:.2f}; without it, ${rest:.2f}." in html
    assert 'href="../runs/?run=weave%2Fdear-00"' in html
    assert spending(team, EVERYTHING).outlier is None


def test_a_single_call_is_no_outlier(tmp_path: Path):
    reader = Reader(imported(tmp_path, [spending_traces.outlier()]), now=LATER)
    assert spending(reader, EVERYTHING).outlier is None
    reader.close()


CHARTS: dict[str, Callable[[Spending], Any]] = {
    "days": lambda s: spending_charts.chart_cost_days(
        s.days, bucket=s.bucket, per_day_usd=s.budget.per_day_usd
    ),
    "tokens": lambda s: spending_charts.chart_tokens(
        s.tokens.with_columns(label=pl.col("model").fill_null("not told"))
    ),
    "pipelines": lambda s: spending_charts.chart_pipelines(s.pipelines, bucket=s.bucket),
    "cost by task": lambda s: spending_charts.chart_cost_by(
        s.cost_by.filter(pl.col("cut") == "task").select(
            "usd", "runs", label=pl.col("value").fill_null("others"), share=pl.lit(0.1)
        ), "Task",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHARTS)
def test_charts_draw_columns_that_are_there(name: str, team: Reader):
    check(CHARTS[name](spending(team, EVERYTHING)))


@pytest.mark.parametrize("name", CHARTS)
def test_charts_of_nothing_are_none(name: str, nothing_store: Path):
    reader = Reader(nothing_store)
    assert CHARTS[name](spending(reader, EVERYTHING)) is None
    reader.close()


def test_every_cell_runs(any_spending_store: Path):
    html = run(spending_page, any_spending_store, **asked())
    assert "PatchPilot" in html


def asked(**more: Any) -> dict[str, Any]:
    """What the cell that reads the address would say."""
    return {"first_scope": EVERYTHING, "ignored": (), "is_live": True, **more}


def test_the_cards_say_what_the_overview_says(team_store: Path):
    html = run(spending_page, team_store, **asked())
    for name in (*spent.FIRST_CARDS, *spent.SECOND_CARDS, *spent.PIPELINE_CARDS, *spent.CODE_CARDS):
        if name != "files_deleted":
            assert f'data-metric="{name}"' in html, name
    assert "Not told: Files deleted." in html
    for text in ("tool_00", "Coder", "unit-tests", "ImportError", "homegrown-7b", "unpriced"):
        assert text in html


def test_exported_it_has_no_controls(team_store: Path):
    html = run(spending_page, team_store, **asked(is_live=False))
    for control in ("refresh", "button", "dropdown", "multiselect"):
        assert f"<marimo-{control}" not in html


def test_what_is_not_recorded_is_one_quiet_line(full_store: Path):
    html = run(spending_page, full_store, **asked())
    assert "No CI pipeline is recorded." in html
    assert "No debugging cycle is recorded." in html
    assert 'data-metric="pipeline_pass_rate"' not in html


def test_nothing_stored_says_what_to_run(nothing_store: Path):
    html = run(spending_page, nothing_store, **asked())
    assert "No traces yet." in html
    assert "Tools" not in html.partition("pp-callout")[2]


def test_an_unknown_filter_is_told(team_store: Path):
    html = run(spending_page, team_store, **asked(ignored=("No model “x” in the store: ignored.",)))
    assert "Ignored in the address." in html


def test_hostile_texts_stay_texts(strange_store: Path):
    html = run(spending_page, strange_store, **asked())
    seen = Tags()
    seen.feed(html)
    assert not seen.names & {"script", "img", "iframe", "object", "embed", "base", "link", "style"}
    assert not {name for name in seen.attributes if name.startswith("on")}
    assert not {link for link in seen.links if not link.startswith(("#", "../"))}
    assert "&lt;script&gt;window.pwned" in html
    assert all(text not in html for text in HOSTILE if text.startswith(("<script", "<img")))


@pytest.mark.parametrize("order", [order for order, _, _ in tools_table.COLUMNS])
@pytest.mark.parametrize("descending", [True, False])
def test_pages_of_tools_hold_every_tool_once_and_in_order(
    order: str, descending: bool, team: Reader
):
    frame = spending(team, EVERYTHING).tools
    view = ToolsView(order=order, descending=descending)
    rows = tools_table.ordered(frame, view)
    assert sorted(rows["tool"]) == sorted(frame["tool"])
    known = rows[order].drop_nulls().to_list()
    assert known == sorted(known, reverse=descending)
    first, second, beyond = (
        tools_table.tools_table(frame, ToolsView(page=page), None).html for page in (0, 1, 9)
    )
    assert "1 to 10 of 18" in first
    assert "11 to 18 of 18" in second
    assert beyond == second


def test_values_of_one_name_get_bars_of_their_own():
    labels = spent._labels([("not told", 1), (None, 1), ("a", 1), (None, 8)])
    assert len(set(labels)) == 4
    assert labels[-1] == "8 others"


def test_a_page_links_to_the_others_with_what_is_looked_at(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "dashboard.server", object())
    scope = EVERYTHING.filtered("variant", ["a b", None])
    links = {title: where for where, title in pages.links("/spending", scope)}
    assert links["Overview"] == f"../?{query(scope.parameters())}"
    assert "Cost and tools" not in links
    assert pages.link("/nowhere", "") == ""


def test_a_notebook_that_is_served_alone_links_nowhere(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(sys.modules, "dashboard.server", raising=False)
    assert pages.links("") == []


def test_the_overview_tells_other_numbers_by_subject_and_hides_none(team: Reader):
    shown = overview(team, EVERYTHING)
    html = more_numbers(shown).html
    for subject in ("Outcomes", "Repairs", "Spending", "Work"):
        assert f"<b>{subject}</b>" in html
    for each in shown.more:
        is_known = each.now.value is not None
        assert (f'data-metric="{each.card.name}"' in html) == is_known
        assert each.card.title in html

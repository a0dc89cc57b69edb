"""Prices: what SQL multiplies is what the price list itself asks for, call by call."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from genai_prices import Usage, calc_price
from genai_prices.data_snapshot import get_snapshot
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from analytics import cost
from analytics.errors import InputError
from analytics.store import imports, lake
from tests.chain import Raw, bring, rows, stored
from tests.traces import BEGAN, Trace

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from genai_prices.types import ModelInfo

MILLION = 1_000_000
EVERY = [(provider.id, model) for provider in get_snapshot().providers for model in provider.models]
MANY = 60
"""Models that are priced per run of these tests, beside those whose price depends on when or how much."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One call to a model."""

    provider: str | None
    model: str
    at: datetime
    used: Mapping[str, int]


def edges(model: "ModelInfo") -> list[datetime]:
    """Return the moments around which the price of a model may change."""
    days, times = [BEGAN], [time.min]
    for entry in model.prices if isinstance(model.prices, list) else ():
        if (day := getattr(entry.constraint, "start_date", None)) is not None:
            days.append(datetime.combine(day, time.min))
        for name in ("start_time", "end_time"):
            if (at := getattr(entry.constraint, name, None)) is not None:
                times.append(at.replace(tzinfo=None))
    return [datetime.combine(day.date(), at) for day in days for at in times]


def sizes(model: "ModelInfo") -> list[int]:
    """Return sizes of a request on both sides of each tier."""
    held = model.get_prices(BEGAN.replace(tzinfo=UTC))
    starts = {tier.start for rate in vars(held).values() for tier in getattr(rate, "tiers", ())}
    return sorted({0, 1, 1000, *starts, *(start + 1 for start in starts), 3 * MILLION})


def is_conditional(model: "ModelInfo") -> bool:
    return len(edges(model)) > 1 or len(sizes(model)) > 4


@st.composite
def asked(draw: st.DrawFn, models: st.SearchStrategy[tuple[str, "ModelInfo"]]) -> Asked:
    provider, model = draw(models)
    sent = draw(st.one_of(st.sampled_from(sizes(model)), st.integers(0, 3 * MILLION)))
    read = draw(st.sampled_from([0, 0, sent, sent // 3]))
    written = draw(st.sampled_from([0, 0, sent - read, (sent - read) // 2]))
    received = draw(st.integers(0, 100_000))
    beside = st.sampled_from([timedelta(microseconds=-1), timedelta(), timedelta(hours=7)])
    return Asked(
        provider=provider,
        model=model.id,
        at=draw(st.sampled_from(edges(model))) + draw(beside),
        used={
            "input_tokens": sent,
            "cache_read_tokens": read,
            "cache_write_tokens": written,
            "cache_write_1h_tokens": draw(st.sampled_from([0, written, written // 2])),
            "output_tokens": received,
            "output_reasoning_tokens": draw(st.sampled_from([0, received, received // 2])),
        },
    )


def drawn(strategy: st.SearchStrategy[Asked], count: int) -> list[Asked]:
    found: list[Asked] = []

    @settings(max_examples=count, database=None, phases=[Phase.generate])
    @given(strategy)
    def draw(one: Asked) -> None:
        found.append(one)

    draw()
    return found


def listed(one: Asked) -> float | None:
    """Return what the list asks for one call; None where it does not know the model."""
    try:
        priced = calc_price(
            Usage(**one.used),
            one.model,
            provider_id=one.provider,
            genai_request_timestamp=one.at.replace(tzinfo=UTC),
        )
    except LookupError:
        return None
    return float(priced.total_price)


def calls(all_asked: list[Asked]) -> list[Raw]:
    """Return a run for each, as Weave exports it."""
    lines: list[Raw] = []
    for number, one in enumerate(all_asked):
        trace, second = Trace(f"{number:05}"), (one.at - BEGAN) / timedelta(seconds=1)
        used = one.used
        root = trace.call("Orchestrator.run", second, second + 60, output={"success": True})
        trace.call(
            "ask", second, second + 9, parent=root, model=one.model, provider=one.provider,
            used={
                "prompt_tokens": used["input_tokens"],
                "completion_tokens": used.get("output_tokens"),
                "cache_read_input_tokens": used.get("cache_read_tokens"),
                "cache_creation_input_tokens": used.get("cache_write_tokens"),
                "cache_creation": {
                    "ephemeral_1h_input_tokens": used.get("cache_write_1h_tokens")
                },
                "completion_tokens_details": {
                    "reasoning_tokens": used.get("output_reasoning_tokens")
                },
            },
        )  # fmt: skip
        lines += trace.calls
    return lines


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("empty") / "store"
    with lake.writer(store):
        pass
    return store


def costs(con: "DuckDBPyConnection") -> list[tuple[float | None, float | None, int]]:
    """Return computed cost, cost and unpriced tokens of each run, in order."""
    found = con.sql(
        "SELECT cost_computed_usd, cost_usd, unpriced_tokens FROM lake.runs ORDER BY trace_id"
    )
    return found.fetchall()


@contextmanager
def priced(empty_store: Path, *all_asked: Asked) -> "Iterator[DuckDBPyConnection]":
    with stored(empty_store, calls(list(all_asked))) as (con, _):
        yield con


def assert_as_listed(empty_store: Path, all_asked: list[Asked]) -> None:
    with priced(empty_store, *all_asked) as con:
        found = costs(con)
    for one, (computed, usd, unpriced) in zip(all_asked, found, strict=True):
        wanted = listed(one)
        if wanted is None:
            tokens = one.used["input_tokens"] + one.used["output_tokens"]
            assert (computed, usd, unpriced) == (None, None, tokens), one
        else:
            assert computed == usd == pytest.approx(wanted, rel=1e-9, abs=1e-12), one
            assert unpriced == 0, one


def test_models_of_every_kind_cost_what_the_list_asks(empty_store: Path):
    chosen = st.sampled_from(EVERY)
    assert_as_listed(empty_store, drawn(asked(chosen), 5 * MANY))


def test_tiers_dates_and_hours_change_prices_as_the_list_says(empty_store: Path):
    conditional = [(provider, model) for provider, model in EVERY if is_conditional(model)]
    assert {"deepseek", "anthropic", "google", "openai"} <= {p for p, _ in conditional}
    assert_as_listed(empty_store, drawn(asked(st.sampled_from(conditional)), 8 * MANY))

"""Prices: what SQL multiplies is what the price list itself asks for, call by call."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from genai_prices import Usage, calc_price
from genai_prices.data_snapshot import get_snapshot
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from analytics import cost
from analytics.errors import AnalyticsError, InputError, UnknownNameError
from analytics.store import imports, lake
from tests.chain import ROLLUPS, Raw, laid_out, rows, stored
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
def empty_store() -> Path:
    return laid_out()


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


AT = datetime(2026, 3, 2, 12)
PLAIN = Asked(
    provider=None, model="gpt-4o", at=AT, used={"input_tokens": 1000, "output_tokens": 100}
)


def test_input_holds_what_the_cache_gave(empty_store: Path):
    """Cached tokens are counted once: as input they would cost more, beside it twice."""
    used = {"input_tokens": 10_000, "cache_read_tokens": 8000, "output_tokens": 100}
    one = Asked(provider="anthropic", model="claude-sonnet-4-5", at=AT, used=used)
    with priced(empty_store, one) as con:
        [(computed, _, _)] = costs(con)
    assert computed == pytest.approx((2000 * 3 + 8000 * 0.3 + 100 * 15) / MILLION)
    without = (10_000 * 3 + 100 * 15) / MILLION
    twice = (10_000 * 3 + 8000 * 0.3 + 100 * 15) / MILLION
    assert computed is not None
    assert computed < without < twice


@pytest.mark.parametrize(
    "used",
    [
        {"input_tokens": 100, "cache_read_tokens": 101, "output_tokens": 10},
        {"input_tokens": 100, "cache_read_tokens": 60, "cache_write_tokens": 41, "output_tokens": 10},
        {
            "input_tokens": 100, "cache_write_tokens": 10, "cache_write_1h_tokens": 11,
            "output_tokens": 10,
        },
    ],
)  # fmt: skip
def test_counts_that_the_list_refuses_have_no_price(empty_store: Path, used: dict[str, int]):
    one = Asked(provider=None, model="claude-sonnet-4-5", at=AT, used=used)
    with pytest.raises(ValueError, match="token"):
        listed(one)
    with priced(empty_store, one) as con:
        assert costs(con) == [(None, None, 110)]


def test_more_thought_than_said_has_no_price(empty_store: Path):
    used = {"input_tokens": 100, "output_tokens": 10, "output_reasoning_tokens": 11}
    with priced(empty_store, Asked(provider=None, model="o3", at=AT, used=used)) as con:
        assert costs(con) == [(None, None, 110)]


def test_what_was_said_must_be_counted(empty_store: Path):
    one = Asked(provider=None, model="gpt-4o", at=AT, used={"input_tokens": 1000})
    with priced(empty_store, one) as con:
        assert costs(con) == [(None, None, 1000)]


def test_a_model_whose_speech_is_free_needs_no_count_of_it(empty_store: Path):
    used = {"input_tokens": 1000}
    one = Asked(provider="openai", model="text-embedding-3-small", at=AT, used=used)
    with priced(empty_store, one) as con:
        assert costs(con) == [(pytest.approx(1000 * 0.02 / MILLION), pytest.approx(2e-5), 0)]


@pytest.mark.parametrize("model", ["nobody-knows-1", "", "gpt", "🤖", "'; DROP TABLE runs; --"])
def test_an_unknown_model_is_unpriced_and_never_free(empty_store: Path, model: str):
    one = Asked(provider=None, model=model, at=AT, used=PLAIN.used)
    with priced(empty_store, one) as con:
        assert costs(con) == [(None, None, 1100)]
        assert con.sql("SELECT cost_basis FROM lake.runs").fetchall() == [(None,)]


@pytest.mark.parametrize(
    ("provider", "model", "priced_as"),
    [
        (None, "gpt-4o", "openai/gpt-4o"),
        (None, "openai/gpt-4o", "openai/gpt-4o"),
        ("openai", "openai/gpt-4o", "openai/gpt-4o"),
        ("a proxy of ours", "gpt-4o", "openai/gpt-4o"),
        ("a proxy of ours", "anthropic/claude-sonnet-4-5", "anthropic/claude-sonnet-4-5"),
        ("anthropic", "gpt-4o", None),
        ("openai", "claude-sonnet-4-5", None),
        (None, "nobody-knows-1", None),
    ],
)
def test_a_model_is_found_as_its_calls_name_it(
    provider: str | None, model: str, priced_as: str | None
):
    found = cost.prices(provider, model, cost.PriceList())
    assert {price.priced_as for price in found} == {priced_as}
    assert {price.basis for price in found} == {cost.LISTED if priced_as else cost.UNPRICED}
    assert {(price.provider, price.model) for price in found} == {(provider, model)}


@given(st.sampled_from(EVERY), st.integers(0, 10 * MILLION), st.datetimes(datetime(2020, 1, 1)))
def test_each_call_has_one_price(known: tuple[str, "ModelInfo"], sent: int, at: datetime):
    provider, model = known
    found = [
        price
        for price in cost.prices(provider, model.id, cost.PriceList())
        if (price.valid_from or at) <= at
        and (price.valid_until is None or at < price.valid_until)
        and (price.from_time or time.min) <= at.time()
        and (price.until_time is None or at.time() < price.until_time)
        and price.tier_from_tokens <= sent
        and (price.tier_until_tokens is None or sent < price.tier_until_tokens)
    ]
    assert len(found) == 1


MINE = """
[[price]]
model = "GPT-4o"
input_usd = 1
output_usd = 2
until = 2026-03-02
[[price]]
model = "gpt-4o"
input_usd = 100
output_usd = 200
from = 2026-03-02
"""


def test_a_price_of_ones_own_comes_before_the_list(empty_store: Path):
    before = Asked(provider=None, model="gpt-4o", at=AT - timedelta(days=1), used=PLAIN.used)
    with priced(empty_store, before, PLAIN) as con:
        imports.use_prices(con, cost.parse(MINE))
        found = [usd for _, usd, _ in costs(con)]
        bases = con.sql("SELECT DISTINCT basis FROM lake.prices").fetchall()
    assert found == pytest.approx([(1000 + 200) / MILLION, (100_000 + 20_000) / MILLION])
    assert bases == [(cost.OVERRIDE,)]


def test_outside_of_its_time_a_price_of_ones_own_is_no_price(empty_store: Path):
    late = MINE[: MINE.index("[[price]]", 5)]
    with priced(empty_store, PLAIN) as con:
        imports.use_prices(con, cost.parse(late))
        assert costs(con) == [(None, None, 1100)]


def test_other_prices_price_everything_anew_and_nothing_else(empty_store: Path):
    every = [*drawn(asked(st.sampled_from(EVERY)), 20), PLAIN]
    money = ("cost_computed_usd", "cost_usd", "cost_basis", "unpriced_tokens", "costliest_usd",
             "costliest_span_id")  # fmt: skip
    money_of_usage = ("cost_computed_usd", "both_computed_usd", "cost_usd", "unpriced_tokens")
    others = [name for name in ROLLUPS if name not in ("runs", "usage")]
    with priced(empty_store, *every) as con:
        first = {table: rows(con, table) for table in (*ROLLUPS, "spans", "facts", "prices")}
        rest = rows(con, "runs", *money), rows(con, "usage", *money_of_usage)
        imports.use_prices(con, cost.parse(MINE))
        assert [row[:2] for row in costs(con)][-1] == pytest.approx((0.12, 0.12))
        assert (rows(con, "runs", *money), rows(con, "usage", *money_of_usage)) == rest
        for table in (*others, "spans", "facts"):
            assert rows(con, table) == first[table], table
        imports.use_prices(con, cost.PriceList())
        assert {table: rows(con, table) for table in first} == first


def test_prices_that_stayed_the_same_leave_the_store_alone(empty_store: Path):
    with priced(empty_store, PLAIN) as con:
        imports.use_prices(con, cost.parse(MINE))
        before = lake.snapshot_id(con)
        imports.use_prices(con, cost.parse(MINE))
        assert lake.snapshot_id(con) == before


def test_what_is_cached_costs_as_the_file_says_else_as_if_it_were_not():
    told = "[[price]]\nmodel = 'm'\ninput_usd = 4\noutput_usd = 8\ncache_write_usd = 5\n"
    [price] = cost.parse(told).prices
    assert price.usd == {
        "input": 4, "output": 8, "cache_read": 4, "cache_write": 5, "cache_write_1h": 5, "reasoning": 8,
    }  # fmt: skip


ENTRY = "[[price]]\nmodel = 'm'\ninput_usd = 1\noutput_usd = 2\n"

BAD = {
    "[[price]": "the price file is not TOML: ",
    "prices = 1": "unknown entry of a price file 'prices'. Did you mean 'price'?",
    "price = 1": "in the price file, each price is a table: write [[price]].",
    "budget = 1": "in the price file, budget is a table: write [budget].",
    "[budget]\nper_week_usd = 1": "unknown budget 'per_week_usd'.",
    "[budget]\nper_day_usd = 'x'": (
        "in the price file, per_day_usd of the budget is no amount of dollars: 'x'."
    ),
    ENTRY + "inptu_usd = 1": "unknown key of a price 'inptu_usd'. Did you mean 'input_usd'?",
    "[[price]]\ninput_usd = 1": "in the price file, price 1 names no model.",
    "[[price]]\nmodel = 3": "in the price file, price 1 names no model.",
    ENTRY + "provider = 3": "in the price file, the provider of price 1 (m) is no text.",
    "[[price]]\nmodel = 'm'\ninput_usd = 1": "in the price file, price 1 (m) lacks output_usd.",
    ENTRY.replace("1", "-1"): (
        "in the price file, input_usd of price 1 (m) is no amount of dollars: -1."
    ),
    ENTRY.replace("1", "nan"): (
        "in the price file, input_usd of price 1 (m) is no amount of dollars: nan."
    ),
    ENTRY.replace("1", "true"): (
        "in the price file, input_usd of price 1 (m) is no amount of dollars: True."
    ),
    ENTRY + "from = 'May'": "in the price file, from of price 1 (m) is no date; write 2026-01-31.",
    ENTRY + "from = 2026-02-01\nuntil = 2026-01-01": (
        "in the price file, price 1 (m) ends before it begins."
    ),
    ENTRY
    + ENTRY: "in the price file, prices 1 and 2 (m) are for the same time; give them from and until.",
}


@pytest.mark.parametrize("text", BAD)
def test_a_bad_price_file_is_told_in_a_sentence(text: str):
    with pytest.raises(AnalyticsError) as fault:
        cost.parse(text)
    assert isinstance(fault.value, InputError | UnknownNameError)
    assert str(fault.value).startswith(BAD[text])
    assert str(fault.value).endswith(".")
    assert "\n" not in str(fault.value)

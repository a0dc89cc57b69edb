"""What tokens cost: prices per model, period, time of day and tier, to be multiplied in SQL.

Prices come from ``genai-prices``, which works offline, or from a file of the user's own. A model that
neither knows is unpriced: its tokens are shown, and nothing is taken as free.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib.metadata import version
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from analytics.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, Provider

KINDS = ("input", "cache_read", "cache_write", "cache_write_1h", "output", "reasoning")
"""Kinds of tokens that can have a price of their own."""

UNPRICED, LISTED, OVERRIDE = "unpriced", "genai-prices", "override"
"""Where a price comes from."""

_MILLION = 1_000_000
_ENTRY = ("model", "provider", "from", "until", *(f"{kind}_usd" for kind in KINDS))
_BUDGETS = ("per_day_usd", "per_run_usd")
_NEVER = time.min
_FIRST = datetime(1970, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Price:
    """One row of ``schema.PRICES``: what a million tokens of each kind cost in US dollars."""

    provider: str | None
    model: str
    basis: str
    priced_as: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    from_time: time | None = None
    """Of a day, UTC: some providers are cheaper by night."""
    until_time: time | None = None
    tier_from_tokens: int = 0
    tier_until_tokens: int | None = None
    usd: Mapping[str, float] = field(default_factory=dict)
    """Kind of tokens -> US dollars a million."""
    request_usd: float = 0.0
    """US dollars for each request, whatever its tokens: some providers search the web for it."""

    def row(self) -> list[object]:
        """Return the columns of ``schema.PRICES``, in order."""
        return [
            self.provider, self.model, self.priced_as, self.valid_from, self.valid_until,
            self.from_time, self.until_time, self.tier_from_tokens, self.tier_until_tokens,
            *(self.usd.get(kind) for kind in KINDS), self.request_usd, self.basis,
        ]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class PriceList:
    """The user's own prices and budgets."""

    text: str = ""
    """The TOML itself, as it is kept in the store."""
    prices: tuple[Price, ...] = ()
    budget: Mapping[str, float] = field(default_factory=dict)
    """per_day_usd, per_run_usd -> US dollars."""


def edition() -> str:
    """Return which price list this is: another one prices everything anew."""
    return f"genai-prices {version('genai-prices')}"


def parse(text: str) -> PriceList:
    r"""Check a price file and return what it says.

    The file holds entries ``[[price]]`` with a model, perhaps a provider, ``from`` and ``until`` (dates),
    and US dollars a million tokens: input_usd and output_usd at least. Table ``[budget]`` may hold
    per_day_usd and per_run_usd.

    Raises:
        InputError: not TOML, an unknown word, no number where one must be, or two prices for one time.

    >>> parse('[[price]]\nmodel = "mine"\ninput_usd = 2\noutput_usd = 6').prices[0].usd["output"]
    6.0
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise InputError(f"the price file is not TOML: {fault}.") from fault
    for word in raw:
        _check("entry of a price file", word, ("price", "budget"))
    entries, budget = raw.get("price", []), raw.get("budget", {})
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InputError("in the price file, each price is a table: write [[price]].")
    if not isinstance(budget, dict):
        raise InputError("in the price file, budget is a table: write [budget].")
    for word in budget:
        _check("budget", word, _BUDGETS)
    told = tuple(_entry(entry, position) for position, entry in enumerate(entries, 1))
    _check_periods(told)
    return PriceList(
        text=text,
        prices=told,
        budget={word: _dollars(budget, word, "the budget") for word in budget},
    )


def prices(provider: str | None, model: str, own: PriceList) -> tuple[Price, ...]:
    """Return what a model costs, for every period and tier there is.

    The user's own prices come instead of the listed ones, in whatever period; those that name the
    provider instead of those that do not. A model without any is one row of basis ``unpriced``.
    """
    named = [price for price in own.prices if price.model.lower() == model.lower()]
    by = (provider or "").lower()
    overriding = [p for p in named if p.provider is not None and p.provider.lower() == by]
    if overriding := overriding or [p for p in named if p.provider is None]:
        return tuple(
            Price(**{**vars(price), "provider": provider, "model": model}) for price in overriding
        )
    return _listed(provider, model)


@lru_cache(maxsize=4096)
def _listed(provider: str | None, model: str) -> tuple[Price, ...]:
    found = _find(provider, model)
    if found is None:
        return (Price(provider=provider, model=model, basis=UNPRICED),)
    served_by, info = found
    rows: list[Price] = []
    days = [_FIRST, *_starts(info)]
    for begin, end in pairwise([*days, None]):
        assert begin is not None
        hours = _hours(info)
        for opens, closes in pairwise([*hours, _NEVER]):
            listed = info.get_prices(datetime.combine(begin.date(), opens, UTC))
            for least, most in pairwise([0, *_tiers(listed), None]):
                assert least is not None
                rows.append(
                    Price(
                        provider=provider,
                        model=model,
                        basis=LISTED,
                        priced_as=f"{served_by.id}/{info.id}",
                        valid_from=None if begin == _FIRST else begin,
                        valid_until=end,
                        from_time=opens if len(hours) > 1 else None,
                        until_time=closes if len(hours) > 1 and closes != _NEVER else None,
                        tier_from_tokens=least,
                        tier_until_tokens=most,
                        usd=_rates(listed, least),
                        request_usd=float(_ask(listed)),
                    )
                )
    return tuple(rows)


def _find(provider: str | None, model: str) -> "tuple[Provider, ModelInfo] | None":
    """Look a model up as its calls name it, then without the prefix of its name.

    A provider that the list knows must be the one: what another asks for a model of that name is
    another price.
    """
    from genai_prices.data_snapshot import get_snapshot

    prefix, slash, rest = model.partition("/")
    tries = [(model, provider), *([(rest, provider)] if slash else [])]
    if provider is None or not _is_listed(provider):
        tries += [(rest, prefix)] if slash else []
        tries += [(model, None), (model.partition(".")[2], model.partition(".")[0])]
        tries += [(rest, None)] if slash else []
    for name, by in tries:
        try:
            return get_snapshot().find_provider_model(name, None, by, None)
        except LookupError:
            continue
    return None


def _is_listed(provider: str) -> bool:
    from genai_prices.data_snapshot import get_snapshot

    try:
        get_snapshot().find_provider(None, provider, None)
    except LookupError:
        return False
    return True


def _starts(info: "ModelInfo") -> list[datetime]:
    """Return the days on which a model's price changes."""
    found: set[date] = set()
    for entry in info.prices if isinstance(info.prices, list) else ():
        if (start := getattr(entry.constraint, "start_date", None)) is not None:
            found.add(start)
    return [datetime.combine(day, time.min) for day in sorted(found)]


def _hours(info: "ModelInfo") -> list[time]:
    """Return the times of a day, UTC, at which a model's price changes; midnight always."""
    found = {time.min}
    for entry in info.prices if isinstance(info.prices, list) else ():
        for name in ("start_time", "end_time"):
            if (at := getattr(entry.constraint, name, None)) is not None:
                moved = datetime.combine(date(2000, 1, 1), at) - (at.utcoffset() or timedelta())
                found.add(moved.time())
    return sorted(found)


def _tiers(listed: "ModelPrice") -> list[int]:
    """Return the sizes of a request, in input tokens, from which on it costs otherwise."""
    starts: set[int] = set()
    for rate in vars(listed).values():
        starts.update(tier.start + 1 for tier in getattr(rate, "tiers", ()))
    return sorted(starts)


def _rates(listed: "ModelPrice", least: int) -> dict[str, float]:
    """Return what a million tokens of each kind cost in requests of a tier.

    The list is asked, not read: it knows which price stands in for one that a model does not have. A
    price is linear in its tokens within a tier, so two requests tell the rate.
    """
    sent, nothing = max(least, 1), _ask(listed)
    plain = _ask(listed, input_tokens=sent)
    rates = {"input": (plain - nothing) / sent * _MILLION}
    for kind, used in (
        ("cache_read", {"cache_read_tokens": sent}),
        ("cache_write", {"cache_write_tokens": sent}),
        ("cache_write_1h", {"cache_write_tokens": sent, "cache_write_1h_tokens": sent}),
    ):
        rates[kind] = (_ask(listed, input_tokens=sent, **used) - nothing) / sent * _MILLION
    for kind, used in (("output", {}), ("reasoning", {"output_reasoning_tokens": _MILLION})):
        rates[kind] = _ask(listed, input_tokens=sent, output_tokens=_MILLION, **used) - plain
    return {kind: float(rate) for kind, rate in rates.items()}


def _ask(listed: "ModelPrice", **used: int) -> Any:  # noqa: ANN401 - a Decimal
    from genai_prices import Usage

    return listed.calc_price(Usage(**used))["total_price"]


def _entry(entry: Mapping[str, Any], position: int) -> Price:
    for word in entry:
        _check("key of a price", word, _ENTRY)
    model, provider = entry.get("model"), entry.get("provider")
    where = f"price {position} ({model})" if isinstance(model, str) else f"price {position}"
    if not isinstance(model, str) or not model:
        raise InputError(f"in the price file, {where} names no model.")
    if provider is not None and not isinstance(provider, str):
        raise InputError(f"in the price file, the provider of {where} is no text.")
    told = {k: _dollars(entry, f"{k}_usd", where) for k in KINDS if f"{k}_usd" in entry}
    if missing := [f"{kind}_usd" for kind in ("input", "output") if kind not in told]:
        raise InputError(f"in the price file, {where} lacks {' and '.join(missing)}.")
    # What is cached costs as if it were not, and thinking as much as speaking, unless the file says so.
    defaults = {"cache_read": "input", "cache_write": "input", "reasoning": "output"}
    for kind, like in (*defaults.items(), ("cache_write_1h", "cache_write")):
        told.setdefault(kind, told[like])
    return Price(
        provider=provider,
        model=model,
        basis=OVERRIDE,
        priced_as="the price file",
        valid_from=_day(entry, "from", where),
        valid_until=_day(entry, "until", where),
        usd=told,
    )


def _check_periods(told: Sequence[Price]) -> None:
    """Refuse two prices for one moment: a call would be counted twice."""
    for position, price in enumerate(told):
        begins, ends = price.valid_from or datetime.min, price.valid_until or datetime.max
        if begins >= ends:
            raise InputError(
                f"in the price file, price {position + 1} ({price.model}) ends before it begins."
            )
        for earlier, other in enumerate(told[:position]):
            if (
                _key(price) == _key(other)
                and begins < (other.valid_until or datetime.max)
                and (other.valid_from or datetime.min) < ends
            ):
                raise InputError(
                    f"in the price file, prices {earlier + 1} and {position + 1} ({price.model}) are "
                    "for the same time; give them from and until."
                )


def _key(price: Price) -> tuple[str, str | None]:
    return price.model.lower(), price.provider and price.provider.lower()


def _dollars(entry: Mapping[str, Any], word: str, where: str) -> float:
    found = entry[word]
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < 1e9:
        raise InputError(
            f"in the price file, {word} of {where} is no amount of dollars: {found!r}."
        )
    return float(found)


def _day(entry: Mapping[str, Any], word: str, where: str) -> datetime | None:
    found = entry.get(word)
    if found is None:
        return None
    if isinstance(found, datetime):
        return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found
    if isinstance(found, date):
        return datetime.combine(found, time.min)
    raise InputError(f"in the price file, {word} of {where} is no date; write 2026-01-31.")


def _check(kind: str, word: str, valid: Sequence[str]) -> None:
    if word not in valid:
        raise UnknownNameError(kind, word, valid)

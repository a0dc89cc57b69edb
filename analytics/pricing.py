"""Which prices are in use, and what they make of the calls of a store: what ``patchpilot prices`` says."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics import cost
from analytics.errors import InputError, nearest
from analytics.metrics.catalog import Unit
from analytics.metrics.evaluate import EVERYTHING
from analytics.render import UNKNOWN, counted, difference, number
from analytics.spending import choose, models
from analytics.store import consistency, lake, tables
from analytics.tabulate import aligned, one_line

if TYPE_CHECKING:
    from analytics.store.reader import Reader

HOW_TO_PRICE = (
    "write [[price]] with model, input_usd and output_usd (US dollars a million tokens) into a file, "
    "then: patchpilot prices --set FILE"
)
"""What to do about a model without a price."""


@dataclass(frozen=True, kw_only=True)
class Priced:
    """One model as one provider serves it: what its calls used and cost, and by which prices."""

    used: Mapping[str, Any]
    """A row of ``spending.models``."""
    prices: Sequence[Mapping[str, Any]]
    """Rows of ``schema.PRICES``; empty where the calls name no model, or tell no tokens."""

    @property
    def basis(self) -> str:
        """Where its price comes from, ``unpriced`` where it has none."""
        return self.prices[0]["basis"] if self.prices else cost.UNPRICED

    @property
    def name(self) -> str:
        """Provider and model."""
        return _named(self.used["provider"], self.used["model"])

    @property
    def tokens(self) -> int | None:
        """Tokens sent and received, where both are known or one."""
        told = (self.used["input_tokens"], self.used["output_tokens"])
        return None if told == (None, None) else sum(each or 0 for each in told)


@dataclass(frozen=True, kw_only=True)
class Prices:
    """Every model that the calls of a store used, those with unpriced tokens first."""

    models: Sequence[Priced]
    own: cost.PriceList
    """The user's own prices and budget."""

    def notes(self) -> Iterator[str]:
        """Say what is unpriced and what to do about it, and which prices of the user's nobody needs."""
        lacking = [each for each in self.models if each.used["unpriced_tokens"]]
        if lacking:
            tokens = sum(each.used["unpriced_tokens"] for each in lacking)
            yield (
                f"{tokens:,} tokens of {counted(len(lacking), 'model')} are unpriced, and in no sum of "
                f"costs. To price them, {HOW_TO_PRICE}."
            )
        if any(each.used["model"] is None for each in lacking):
            yield "calls that name no model cannot be priced: their source does not say it."
        if partly := [each.name for each in lacking if each.basis != cost.UNPRICED]:
            yield (
                f"{', '.join(partly)}: some calls are at a time without a price, or their counts of "
                "tokens contradict each other."
            )
        named = {each.name: each.used for each in self.models if each.used["model"]}
        for price in self.own.prices:
            if not any(_is_for(price, used) for used in named.values()):
                near = nearest(_named(price.provider, price.model), named) or nearest(
                    price.model, {used["model"] for used in named.values()}
                )
                hint = f" Did you mean {near!r}?" if near else ""
                yield (
                    f"no call uses {_named(price.provider, price.model)!r}, which the price file "
                    f"prices.{hint}"
                )


def read(path: Path) -> cost.PriceList:
    """Read a price file.

    Raises:
        InputError: it cannot be read, or says something that means nothing.
    """
    try:
        return cost.parse(path.read_text("utf-8-sig"))
    except UnicodeDecodeError as fault:
        raise InputError(
            f"cannot use {path}: it is no text in UTF-8. Prices are as before."
        ) from fault
    except OSError as fault:
        raise InputError(f"cannot use {path}: {fault.strerror}. Prices are as before.") from fault
    except InputError as fault:
        raise InputError(f"cannot use {path}: {fault} Prices are as before.") from fault


@consistency.again
def prices_in_use(reader: "Reader") -> Prices:
    """Look up what is priced how.

    Raises:
        StoreError: the store cannot be read.
    """
    with tables.consistent(reader, files=True) as con:
        choose(con, EVERYTHING)
        used = list(models(con).iter_rows(named=True))
        rows = con.execute(lake.statement("queries", "prices")).pl().iter_rows(named=True)
        own = lake.price_list(con)
    of: dict[tuple[str | None, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        of.setdefault((row["provider"], row["model"]), []).append(row)
    priced = [Priced(used=row, prices=of.get((row["provider"], row["model"]), ())) for row in used]
    # The models come dearest first, and sorting keeps that.
    priced.sort(key=lambda each: -(each.used["unpriced_tokens"] or 0))
    return Prices(models=priced, own=own)


def table(shown: Prices) -> str:
    """Return aligned columns: a line for every model, and for every further price of it."""
    titles = [
        "provider", "model", "calls", "tokens", "unpriced", "computed", "reported", "computed less reported",
        *(_TITLES[kind] for kind in cost.KINDS), "request", "applies", "priced as", "basis",
    ]  # fmt: skip
    rows = [titles]
    for each in shown.models:
        head = _usage(each)
        for price in each.prices or (None,):
            rows.append([*head, *_price(price)])
            head = [""] * len(head)
    said = [aligned(rows) if shown.models else "no calls with tokens or costs"]
    if shown.models:
        said.append("Prices are US dollars a million tokens, or a request.")
    said += [
        f"budget: {number(usd, Unit.USD)} {_BUDGETS[name]}"
        for name, usd in shown.own.budget.items()
    ]
    return "\n".join(said)


def as_json(shown: Prices) -> str:
    """Return one object: the edition of the list, the budget, and every model with its prices."""
    told = {
        "edition": cost.edition(),
        "budget": dict(shown.own.budget),
        "models": [
            {**each.used, "tokens": each.tokens, "basis": each.basis, "prices": list(each.prices)}
            for each in shown.models
        ],
        "notes": list(shown.notes()),
    }
    return json.dumps(told, indent=2, default=str)


FORMATS = {"table": table, "json": as_json}
"""How prices can be printed."""

_TITLES = {
    "input": "input", "cache_read": "cache read", "cache_write": "cache write",
    "cache_write_1h": "1 h write", "output": "output", "reasoning": "reasoning",
}  # fmt: skip
_BUDGETS = {"per_day_usd": "a day", "per_run_usd": "a run"}


def _usage(each: Priced) -> list[str]:
    used = each.used
    is_unpriced = each.basis == cost.UNPRICED and used["computed_usd"] is None
    return [
        UNKNOWN if used["provider"] is None else one_line(used["provider"]),
        UNKNOWN if used["model"] is None else one_line(used["model"]),
        f"{used['calls']:,}",
        UNKNOWN if each.tokens is None else f"{each.tokens:,}",
        f"{used['unpriced_tokens']:,}" if used["unpriced_tokens"] else "",
        cost.UNPRICED if is_unpriced else number(used["computed_usd"], Unit.USD),
        number(used["reported_usd"], Unit.USD),
        difference(used["both_computed_usd"], used["both_reported_usd"]),
    ]


def _price(price: Mapping[str, Any] | None) -> list[str]:
    if price is None or price["basis"] == cost.UNPRICED:
        return [*[UNKNOWN] * len(cost.KINDS), "", "", "", cost.UNPRICED]
    rates = (price[f"{kind}_usd"] for kind in cost.KINDS)
    return [
        *(UNKNOWN if rate is None else f"{rate:g}" for rate in rates),
        f"{price['request_usd']:g}" if price["request_usd"] else "",
        _when(price),
        price["priced_as"] or "",
        price["basis"],
    ]


def _when(price: Mapping[str, Any]) -> str:
    """Say to which calls a price applies, empty where to all."""
    parts = [
        (price["valid_from"], "from {:%Y-%m-%d}"),
        (price["valid_until"], "before {:%Y-%m-%d}"),
        (price["from_time"], "from {:%H:%M} UTC"),
        (price["until_time"], "to {:%H:%M} UTC"),
        (price["tier_from_tokens"] or None, "from {:,} input tokens"),
        (price["tier_until_tokens"], "below {:,} input tokens"),
    ]
    return ", ".join(words.format(value) for value, words in parts if value is not None)


def _is_for(price: cost.Price, used: Mapping[str, Any]) -> bool:
    by = (None, (used["provider"] or "").lower())
    same = price.model.lower() == used["model"].lower()
    return same and (price.provider and price.provider.lower()) in by


def _named(provider: str | None, model: str | None) -> str:
    return "/".join(one_line(part) for part in (provider, model) if part)

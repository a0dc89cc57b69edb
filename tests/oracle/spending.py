"""What runs spent, call by call where it arose, each call priced for itself by the price list."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from genai_prices import Usage, calc_price
from genai_prices.data_snapshot import find_provider_by_id, get_snapshot

from tests.oracle.records import Call
from tests.oracle.rows import Run
from tests.oracle.work import below_agent, total


@dataclass(kw_only=True, eq=False)
class Spend:
    """What one call of a run used itself."""

    run: Run
    call: Call
    agent: str | None
    computed: float | None
    is_covered: bool
    """Whether another call, above or below, states the cost of its tokens."""
    below: float | None
    """What the tokens cost by the list, of those that its statement is for."""

    @property
    def reported(self) -> float | None:
        """Cost as the source says."""
        return self.call.cost

    @property
    def cost(self) -> float | None:
        """The reported cost wins."""
        computed = None if self.is_covered else self.computed
        return computed if self.reported is None else self.reported

    @property
    def both(self) -> tuple[float, float] | None:
        """Computed and reported cost, where there are both."""
        computed = self.below if self.computed is None else self.computed
        if computed is None or self.reported is None:
            return None
        return computed, self.reported

    @property
    def unpriced(self) -> int:
        """Tokens that nobody knows the cost of."""
        if self.is_covered or self.cost is not None or self.computed is not None:
            return 0
        return (self.call.sent or 0) + (self.call.received or 0)

    @property
    def uncached(self) -> int | None:
        """Tokens sent that no cache had to do with; unknown where the counts contradict each other."""
        cached = (self.call.cache_read or 0) + (self.call.cache_written or 0)
        sent = self.call.sent
        return None if sent is None or sent < cached else sent - cached

    @property
    def from_cache(self) -> tuple[int, int] | None:
        """Tokens read from a cache and tokens sent, where the call tells both."""
        read, sent = self.call.cache_read, self.call.sent
        return None if read is None or sent is None or read > sent else (read, sent)


@dataclass(kw_only=True, eq=False)
class Share:
    """What one agent of one run spent on one model."""

    run: Run
    spends: Sequence[Spend]

    def sum(self, name: str) -> Any:
        """Return the sum of something over its calls."""
        return total(getattr(spend, name) for spend in self.spends)

    def pairs(self, name: str) -> tuple[Any, Any]:
        """Return the two sums of a pair over the calls that know both."""
        known = [pair for spend in self.spends if (pair := getattr(spend, name)) is not None]
        return total(left for left, _ in known), total(right for _, right in known)

    def tokens(self, name: str) -> Any:
        """Return the sum of one kind of tokens over its calls."""
        return total(getattr(spend.call, name) for spend in self.spends)


def spends_of(calls: Sequence[Call], runs: Sequence[Run]) -> list[Spend]:
    """Return the calls that spent, without those above them, which only repeat it.

    Tokens and costs are looked at by themselves: a cost that stands above its tokens, or below, is theirs.
    """
    by_id = {call.id: call for call in calls}
    spent = [(run, call) for run in runs for call in run.steps]
    above = {call.id: _above(call, by_id) for _, call in spent}
    tokens = _lowest([c for _, c in spent if not c.sent is c.received is None], above)
    costs = _lowest([c for _, c in spent if c.cost is not None], above)
    statements = costs.keys() - tokens.keys()
    prices = {call.id: price(call) for call in tokens.values()}
    found = []
    for run, call in spent:
        if call.id not in tokens and call.id not in costs:
            continue
        told_for = [prices[each] for each in tokens if call.id in above[each]]
        found.append(
            Spend(
                run=run,
                call=_own(call, tokens=call.id in tokens, cost=call.id in costs),
                agent=below_agent(call, by_id),
                computed=prices.get(call.id),
                is_covered=call.id in tokens
                and any(c in above[call.id] or call.id in above[c] for c in statements),
                below=total(told_for) if call.id in statements and None not in told_for else None,
            )
        )
    return found


def _lowest(carriers: Sequence[Call], above: dict[str, set[str]]) -> dict[str, Call]:
    """Return the calls that none of the others is below, by id."""
    repeats = {each for call in carriers for each in above[call.id]}
    return {call.id: call for call in carriers if call.id not in repeats}


def _own(call: Call, *, tokens: bool, cost: bool) -> Call:
    """Return a call without what it only repeats."""
    names = ("sent", "received", "cache_read", "cache_written", "kept_1h", "thought")
    without = {} if tokens else dict.fromkeys(names)
    return replace(call, **without, cost=call.cost if cost else None)


def shares_of(spends: Sequence[Spend]) -> list[Share]:
    """Return one row per run, agent and model."""
    groups: dict[tuple[str, str | None, str | None, str | None], list[Spend]] = {}
    for spend in spends:
        key = (spend.run.id, spend.agent, spend.call.provider, spend.call.model)
        groups.setdefault(key, []).append(spend)
    return [Share(run=group[0].run, spends=group) for group in groups.values()]


def _above(call: Call, by_id: dict[str, Call]) -> set[str]:
    """Return everything above a call; in a circle that is the call too."""
    found: set[str] = set()
    step = by_id.get(call.parent or "")
    while step is not None and step.id not in found:
        found.add(step.id)
        step = by_id.get(step.parent or "")
    return found


def price(call: Call) -> float | None:
    """Return what the tokens of a call cost; None where nobody knows, or the counts are not possible."""
    sent, received = call.sent, call.received
    read, written, kept = call.cache_read or 0, call.cache_written or 0, call.kept_1h or 0
    if call.model is None or sent is None or sent < read + written or written < kept:
        return None
    if received is not None and received < (call.thought or 0):
        return None
    counts = {
        "input_tokens": sent,
        "output_tokens": received or 0,
        "cache_read_tokens": read,
        "cache_write_tokens": written,
        "cache_write_1h_tokens": kept,
        "output_reasoning_tokens": call.thought or 0,
    }
    at = call.start.replace(tzinfo=UTC)
    cost = _list_price(call.model, call.provider, at, **counts)
    if received is None:
        # What was said is not counted: that has a price only where speaking is free.
        talk = _list_price(call.model, call.provider, at, **(counts | {"output_tokens": 1_000_000}))
        return cost if talk == cost else None
    return cost


@cache
def _list_price(model: str, provider: str | None, at: datetime, **counts: int) -> float | None:
    prefix, _, rest = model.partition("/")
    names = [(model, provider), (rest, provider), (rest, prefix), (model, None)]
    if provider and find_provider_by_id(get_snapshot().providers, provider):
        names = names[:2]
    for name, by in names:
        try:
            found = calc_price(Usage(**counts), name, provider_id=by, genai_request_timestamp=at)
        except LookupError:
            continue
        return float(found.total_price)
    return None

"""Golden traces of what runs spend: kinds of tokens, prices, and who says what a call cost."""

from datetime import datetime

from tests.golden.steps import RUN, start
from tests.traces import BEGAN, LLM, Raw, Trace

SONNET, ASK = "claude-sonnet-4-5", "anthropic.messages.create"


def cached_tokens() -> list[Raw]:
    """Read from a cache, written to it for minutes and for an hour, and thought: each has its own price."""
    trace, root = start("cached_tokens", 60, {"success": True})
    trace.call(
        ASK, 5, 10, parent=root, model=SONNET,
        used={
            "input_tokens": 1000, "output_tokens": 200, "cache_read_input_tokens": 5000,
            "cache_creation_input_tokens": 3000,
            "cache_creation": {"ephemeral_5m_input_tokens": 2000, "ephemeral_1h_input_tokens": 1000},
        },
    )  # fmt: skip
    trace.call(
        LLM, 20, 30, parent=root, model="o3",
        used={
            "prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500,
            "prompt_tokens_details": {"cached_tokens": 400},
            "completion_tokens_details": {"reasoning_tokens": 300},
        },
    )  # fmt: skip
    return trace.lines()


def reported_and_computed() -> list[Raw]:
    """Two calls with a cost of the source's own, which wins over their price, and one without."""
    trace, root = start("reported_and_computed", 60, {"success": False})
    trace.call(LLM, 5, 10, parent=root, tokens=(100_000, 10_000), usd=0.5)
    trace.call(LLM, 15, 20, parent=root, tokens=(1000, 100), model="nobody-knows-1", usd=0.25)
    trace.call(LLM, 25, 30, parent=root, tokens=(10_000, 1000))
    return trace.calls


def priced_and_unpriced() -> list[Raw]:
    """A call of a known model and one of an unknown: the tokens of the second are told, not priced."""
    trace, root = start("priced_and_unpriced", 60, {"success": True})
    trace.call(LLM, 5, 10, parent=root, tokens=(1000, 100))
    trace.call(LLM, 15, 20, parent=root, tokens=(300, 20), model="nobody-knows-1")
    return trace.lines()


def skipped_level() -> list[Raw]:
    """The run repeats the tokens of its steps' calls, the steps say nothing: they are counted once."""
    trace, root = start("skipped_level", 60, {"success": True})
    for second in (5, 25):
        step = trace.call("FixerAgent.generate_patch", second, second + 10, parent=root)
        trace.call(LLM, second + 1, second + 9, parent=step, tokens=(100, 10))
    lines = trace.lines()
    for line in lines:
        if "FixerAgent" in line["op_name"]:
            line["summary"] = {"usage": {}, "weave": {}}
    return lines


def price_tier() -> list[Raw]:
    """One token more than 200,000, and the whole request costs more."""
    trace, root = start("price_tier", 60, {"success": True})
    for second, sent in ((5, 200_000), (15, 200_001)):
        trace.call(ASK, second, second + 5, parent=root, tokens=(sent, 1000), model=SONNET)
    return trace.lines()


def price_changed() -> list[Raw]:
    """The same call on the day before a price fell and on that day."""
    lines: list[Raw] = []
    day = (datetime(2025, 6, 10) - BEGAN).total_seconds()
    for number, begin in enumerate((day - 100, day)):
        trace = Trace(f"price_changed-{number}")
        root = trace.call(RUN, begin, begin + 50, output={"success": True})
        trace.call(LLM, begin + 1, begin + 9, parent=root, tokens=(10_000, 1000), model="o3")
        lines += trace.lines()
    return lines


def price_by_night() -> list[Raw]:
    """The same call by day and by night, when its provider is cheaper."""
    trace, root = start("price_by_night", 26_000, {"success": True})
    for hour in (0, 7):
        trace.call(
            LLM, 3600 * hour, 3600 * hour + 9, parent=root, tokens=(100_000, 10_000),
            model="deepseek-chat",
        )  # fmt: skip
    return trace.lines()


def impossible_counts() -> list[Raw]:
    """More read from the cache than was sent: the counts have no price, and no share of them is shown."""
    trace, root = start("impossible_counts", 60, {"success": True})
    trace.call(
        LLM, 5, 10, parent=root,
        used={
            "prompt_tokens": 100, "completion_tokens": 10,
            "prompt_tokens_details": {"cached_tokens": 400},
        },
    )  # fmt: skip
    return trace.lines()


def cost_stated_above() -> list[Raw]:
    """The run states what its calls cost, the calls only their tokens: the statement is their cost."""
    lines: list[Raw] = []
    for number, (usd, model) in enumerate([(0.5, "gpt-4o"), (0.25, "nobody-knows-1")]):
        trace = Trace(f"cost_stated_above-{number}")
        root = trace.call(RUN, 0, 60, output={"success": True}, usd=usd, model=model)
        for second, tokens in ((5, (100_000, 10_000)), (25, (1000, 100))):
            trace.call(LLM, second, second + 5, parent=root, tokens=tokens, model=model)
        lines += trace.calls
    return lines

"""Which facts may be told, by the names that the schema gives them. Values are not judged here."""

from collections.abc import Iterable, Mapping

from analytics.errors import UnknownNameError
from analytics.schema import CALLS, FACT_FIELDS

USAGE = tuple(name for name in CALLS.columns if name.endswith("_tokens") or name == "cost_usd")
"""What a step spent: columns of a call of their own."""

FACTS = frozenset((*(field.name for field in FACT_FIELDS), "diff"))
"""Names of facts, and the diff in which some of them are counted."""

CONDITIONS = (
    *("task", "attempt", "variant", "repo", "batch", "mode"),
    *("provider", "model", "temperature", "complexity"),
)
"""Facts that say what a run is, not what came of it: all its steps carry them."""

ROLES = (
    *("test", "diagnose", "patch", "verify", "accept", "deploy"),
    *("lookup", "pipeline", "debug", "code", "score"),
)
"""Steps that have an op of their own beside runs, agents, tools and models."""

_TOLD = FACTS.union(USAGE)


def check(facts: Iterable[str]) -> None:
    """Refuse a name that no fact has.

    Raises:
        UnknownNameError: it says the nearest.

    >>> check(["passed", "input_tokens"])
    >>> check(["pased"])
    Traceback (most recent call last):
    ...
    analytics.errors.UnknownNameError: unknown fact 'pased'. Did you mean 'passed'? ...
    """
    for name in facts:
        if name not in _TOLD:
            raise UnknownNameError("fact", name, _TOLD)


def split(facts: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """Return the facts proper, and what was spent; every name is checked.

    >>> split({"passed": True, "input_tokens": 12})
    ({'passed': True}, {'input_tokens': 12})
    """
    check(facts)
    spent = {name: value for name, value in facts.items() if name in USAGE}
    return {name: value for name, value in facts.items() if name not in USAGE}, spent

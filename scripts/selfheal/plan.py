"""Which runs the demo consists of, in order, and at what time of a simulated month each happened."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from selfheal.bugs import TASKS

LAST_DAY = datetime(2026, 11, 20, tzinfo=UTC)
DAYS = 28
FIRST_HOUR, HOURS = 8, 9


@dataclass(frozen=True)
class Planned:
    """One run; ``end`` is normal, killed (its root was reported) or orphaned (it was not)."""

    task: str
    variant: str
    attempt: int
    end: str = "normal"


def shuffled(variant: str, tasks: tuple[str, ...], attempt: int = 1) -> list[Planned]:
    """Some tasks once each, in an order of the variant's own."""
    runs = [Planned(task, variant, attempt) for task in tasks]
    random.Random(f"{variant}/{attempt}").shuffle(runs)
    return runs


def plan() -> list[Planned]:
    """All runs in the order in which they happen.

    Each version takes over from the one before while some of the old runs still come in; the last
    one meets most tasks a second time, when it may have learnt from the first.
    """
    blind = shuffled("v1-blind", TASKS)
    ranked = shuffled("v2-ranked", TASKS)
    learned = [
        *shuffled("v3-learned", TASKS),
        *shuffled("v3-learned", TASKS[::2], attempt=2),
    ]
    flaky = [Planned(f"BUG-{number:03d}", "v2-ranked", 3) for number in (42, 43, 45)]
    runs = [
        *blind[:-8],
        *woven(blind[-8:], ranked[:20]),
        *ranked[20:-8],
        *flaky,
        *woven(ranked[-8:], learned[:20]),
        *learned[20:],
    ]
    for place, run in (
        (25, Planned("BUG-050", "v1-blind", 2, "killed")),
        (78, Planned("BUG-049", "v2-ranked", 2, "killed")),
        (96, Planned("BUG-048", "v2-ranked", 2, "orphaned")),
        (160, Planned("BUG-047", "v3-learned", 3, "killed")),
    ):
        runs.insert(place, run)
    return runs


def woven(old: list[Planned], new: list[Planned]) -> list[Planned]:
    """Two lists in one, each in its own order."""
    chance = random.Random(f"{old[0].variant}/{new[0].variant}")
    places = set(chance.sample(range(len(old) + len(new)), len(old)))
    olds, news = iter(old), iter(new)
    return [next(olds if each in places else news) for each in range(len(old) + len(new))]


def times(count: int) -> list[datetime]:
    """When each of so many runs starts: over four weeks, by day, few at weekends, in order."""
    chance = random.Random("times")
    days = [LAST_DAY - timedelta(days=each) for each in reversed(range(DAYS))]
    busy = [1 if day.weekday() >= 5 else 6 for day in days]
    chosen = chance.choices(days, busy, k=count)
    return sorted(
        day + timedelta(hours=FIRST_HOUR, seconds=chance.uniform(0, HOURS * 3600)) for day in chosen
    )

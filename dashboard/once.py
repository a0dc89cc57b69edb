"""Works out once what many sessions ask at the same moment: they are threads of one process."""

from collections.abc import Callable
from functools import lru_cache, wraps
from threading import RLock
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def once(most: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Return a decorator that keeps the newest answers; whoever asks while one is worked out waits for it.

    Args:
        most: answers kept. Arguments are hashable, and the same arguments have the same answer.
    """

    def decorate(work: Callable[P, T]) -> Callable[P, T]:
        kept, one_at_a_time = lru_cache(maxsize=most)(work), RLock()

        @wraps(work)
        def answer(*arguments: P.args, **named: P.kwargs) -> T:
            with one_at_a_time:
                return kept(*arguments, **named)

        return answer

    return decorate

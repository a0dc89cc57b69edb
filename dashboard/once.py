"""Works out and draws once what many sessions look at: they are threads of one process.

What is worked out of a version of the store is the same for all who ask the same (``answered_once``). What
is drawn of the same answers is the same, and drawing is most of what a session costs when an import lands
(``drawn_once``).
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import date
from functools import lru_cache, wraps
from threading import RLock
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")

_MOST_DRAWN = 96
_PLAIN = (str, int, float, date, type(None))
_one_at_a_time = RLock()
_drawn: "OrderedDict[Hashable, tuple[object, object]]" = OrderedDict()


def answered_once(most: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Return a decorator that keeps the newest answers; whoever asks while one is worked out waits for it.

    Args:
        most: answers kept. Arguments are hashable, and equal arguments have the same answer.
    """

    def decorate(work: Callable[P, T]) -> Callable[P, T]:
        kept, one_at_a_time = lru_cache(maxsize=most)(work), RLock()

        @wraps(work)
        def answer(*arguments: P.args, **named: P.kwargs) -> T:
            with one_at_a_time:
                return kept(*arguments, **named)

        return answer

    return decorate


def drawn_once(draw: Callable[P, T]) -> Callable[P, T]:
    """Return a function that draws once for the same arguments; what it returns must not be changed.

    Arguments that are no plain values are the same where they are the very same object.
    """

    @wraps(draw)
    def drawn(*arguments: P.args, **named: P.kwargs) -> T:
        key = (
            draw,
            tuple(map(_key, arguments)),
            tuple((name, _key(value)) for name, value in sorted(named.items())),
        )
        with _one_at_a_time:
            if key not in _drawn:
                # Arguments are kept as well: an object that is gone could lend its id to another.
                _drawn[key] = ((arguments, named), draw(*arguments, **named))
                if len(_drawn) > _MOST_DRAWN:
                    _drawn.popitem(last=False)
            _drawn.move_to_end(key)
            return cast("T", _drawn[key][1])

    return drawn


def _key(value: object) -> Hashable:
    if isinstance(value, _PLAIN):
        return type(value), value
    if isinstance(value, tuple):
        return tuple(map(_key, value))
    return id(value)

"""Draws once what many sessions look at.

Sessions are threads of one process and share the answers of a version (see reading). What is drawn of the
same answers is the same, and drawing is most of what a session costs when an import lands.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import date
from functools import wraps
from threading import RLock
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")

_MOST = 96
_PLAIN = (str, int, float, date, type(None))
_one_at_a_time = RLock()
_kept: "OrderedDict[Hashable, tuple[object, object]]" = OrderedDict()


def shared(draw: Callable[P, T]) -> Callable[P, T]:
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
            if key not in _kept:
                # Arguments are kept as well: an object that is gone could lend its id to another.
                _kept[key] = ((arguments, named), draw(*arguments, **named))
                if len(_kept) > _MOST:
                    _kept.popitem(last=False)
            _kept.move_to_end(key)
            return cast("T", _kept[key][1])

    return drawn


def _key(value: object) -> Hashable:
    if isinstance(value, _PLAIN):
        return type(value), value
    if isinstance(value, tuple):
        return tuple(map(_key, value))
    return id(value)

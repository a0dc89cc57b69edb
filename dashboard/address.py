"""The web address as the place where a view is kept, so that it can be shared. Reads and writes, no more."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from analytics.overview import Scope
from analytics.overview.scope import PARAMETERS

RUN = "run"
"""Parameter that names the opened run: ``source/run_id``."""

_LONGEST = 500

RunKey = tuple[str, str]
"""Source and id of a run."""


def parameters(request: Mapping[str, Any] | None, more: Sequence[str] = ()) -> dict[str, list[str]]:
    """Return the parameters that mean something here, each as a list of texts of a sane length.

    Args:
        request: what the address carries.
        more: names that only this page knows.
    """
    told = {name: (request or {}).get(name) for name in (*PARAMETERS, RUN, *more)}
    return {
        name: [str(each)[:_LONGEST] for each in ([value] if isinstance(value, str) else value)]
        for name, value in told.items()
        if isinstance(value, str | Sequence)
    }


def run_of(told: Mapping[str, Sequence[str]]) -> RunKey | None:
    """Return the run that an address opens, if it names one."""
    return key_of(next(iter(told.get(RUN, ())), ""))


def key_of(text: str) -> RunKey | None:
    """Return the run that a text names as ``source/run_id``, if it does."""
    source, _, run_id = text.partition("/")
    return (source, run_id) if source and run_id else None


def link_to(key: RunKey, page: str = "") -> str:
    """Return the address of everything about a run.

    Args:
        key: the run.
        page: address of the page of runs, as seen from the one that links to it.

    >>> link_to(("weave", "a&b"), "runs/")
    'runs/?run=weave%2Fa%26b'
    """
    return f"{page}?{urlencode({RUN: '/'.join(key)})}"


def write(params: Any, scope: Scope, run: RunKey | None) -> None:  # noqa: ANN401
    """Make the address say a scope and the opened run; what stays the same is not touched.

    Args:
        params: ``mo.query_params()``.
        scope: what is looked at.
        run: the opened run.
    """
    put(params, scope.parameters() | ({RUN: ["/".join(run)]} if run else {}), (*PARAMETERS, RUN))


def put(params: Any, wanted: Mapping[str, list[str]], names: Sequence[str]) -> None:  # noqa: ANN401
    """Make the address carry some parameters and, of these names, no others.

    Args:
        params: ``mo.query_params()``.
        wanted: name -> values.
        names: what this page may write.
    """
    for name in names:
        new, old = wanted.get(name, []), params.get_all(name)
        if new == old:
            continue
        if new:
            params.set(name, new[0] if len(new) == 1 else new)
        else:
            params.remove(name)

"""The web address as the place where a view is kept, so that it can be shared. Reads and writes, no more."""

from collections.abc import Mapping, Sequence
from typing import Any

from analytics.overview import Scope
from analytics.overview.scope import PARAMETERS

RUN = "run"
"""Parameter that names the opened run: ``source/run_id``."""

_LONGEST = 500

RunKey = tuple[str, str]
"""Source and id of a run."""


def parameters(request: Mapping[str, Any] | None) -> dict[str, list[str]]:
    """Return the parameters that mean something here, each as a list of texts of a sane length."""
    told = {name: (request or {}).get(name) for name in (*PARAMETERS, RUN)}
    return {
        name: [str(each)[:_LONGEST] for each in ([value] if isinstance(value, str) else value)]
        for name, value in told.items()
        if isinstance(value, str | Sequence)
    }


def run_of(told: Mapping[str, Sequence[str]]) -> RunKey | None:
    """Return the run that an address opens, if it names one."""
    source, _, run_id = next(iter(told.get(RUN, ())), "").partition("/")
    return (source, run_id) if source and run_id else None


def write(params: Any, scope: Scope, run: RunKey | None) -> None:  # noqa: ANN401
    """Make the address say a scope and the opened run; what stays the same is not touched.

    Args:
        params: ``mo.query_params()``.
        scope: what is looked at.
        run: the opened run.
    """
    wanted = scope.parameters() | ({RUN: ["/".join(run)]} if run else {})
    for name in (*PARAMETERS, RUN):
        new, old = wanted.get(name, []), params.get_all(name)
        if new == old:
            continue
        if new:
            params.set(name, new[0] if len(new) == 1 else new)
        else:
            params.remove(name)

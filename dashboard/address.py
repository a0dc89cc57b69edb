"""The web address as the place where a view is kept, so that it can be shared. Reads and writes, no more.

The notebook's own page reads only the last of several parameters of one name, so several values stand in
one: ``variant=v1|v2``. A bar within a value has a backslash before it, and so has a backslash.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from analytics.overview import Scope
from analytics.overview.scope import PARAMETERS

RUN = "run"
"""Parameter that names the opened run: ``source/run_id``."""

_LONGEST = 500
_MOST_VALUES = 50
_PARTS = re.compile(r"\\(.)|(\|)|([^|\\]+|\\$)", re.DOTALL)
"""What a backslash protects, a bar, and what is neither."""

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
        name: [
            each[:_LONGEST]
            for text in ([value] if isinstance(value, str) else value)
            for each in parted(str(text)[: _LONGEST * _MOST_VALUES])
        ]
        for name, value in told.items()
        if isinstance(value, str | Sequence)
    }


def joined(values: Sequence[str]) -> str:
    """Return several values as the text of one parameter.

    >>> parted(joined(["v1", "a|b", ""])) == ["v1", "a|b", ""]
    True
    """
    return "|".join(value.replace("\\", r"\\").replace("|", r"\|") for value in values)


def parted(text: str) -> list[str]:
    """Return the values that one parameter stands for."""
    values = [""]
    for escaped, bar, plain in _PARTS.findall(text):
        if bar:
            values.append("")
        else:
            values[-1] += escaped or plain
    return values


def query(told: Mapping[str, Sequence[str]]) -> str:
    """Return parameters as they stand behind a question mark.

    >>> query({"variant": ["v1", "v2"], "period": ["all"]})
    'variant=v1%7Cv2&period=all'
    """
    return urlencode({name: joined(values) for name, values in told.items() if values})


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
    return f"{page}?{query({RUN: ['/'.join(key)]})}"


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
        values = wanted.get(name, [])
        new = [joined(values)] if values else []
        if new == params.get_all(name):
            continue
        if new:
            params.set(name, new[0])
        else:
            params.remove(name)

"""Holds the rate that a row states against its own counts."""

import re
from typing import TYPE_CHECKING, Any

from analytics.sources.table import cells

if TYPE_CHECKING:
    from analytics.sources.table.mapping import TableMapping

_SHOWN = 5
_LEAST_DOUBT = 0.0005
"""Half of a tenth of a percent: rates are not held to more than that."""


class Reconciler:
    """Collects the rows whose stated rate is not what their counts give."""

    def __init__(self, mapping: "TableMapping") -> None:
        """Begin with nothing seen."""
        self._cell = mapping.cells.get("pass_rate")
        self._seen = 0
        self._differ: list[str] = []

    def see(self, name: str, record: dict[str, Any], known: dict[str, Any]) -> None:
        """Compare the rate of one row with its counts, where it has both."""
        stated, passed, runs = (known.get(f) for f in ("pass_rate", "runs_passed", "runs_total"))
        if self._cell is None or stated is None or passed is None or not runs:
            return
        self._seen += 1
        _, written = cells.raw(record, self._cell)
        counted = passed / runs
        if abs(counted - stated) > _doubt(written, self._cell.unit):
            fits = round(passed / stated) if stated else None
            as_if = f" (as if of {fits:,})" if fits and fits != runs else ""
            self._differ.append(
                f"{name} states a pass rate of {stated:.1%}{as_if}, but {passed:,} of {runs:,} are "
                f"{counted:.1%}."
            )

    def notes(self) -> list[str]:
        """Return a sentence for each of the first rows that differ; both figures are kept anyway."""
        more = len(self._differ) - _SHOWN
        if more <= 0:
            return self._differ
        return [*self._differ[:_SHOWN], f"{more:,} more of {self._seen:,} rows differ like this."]


def _doubt(written: object, unit: str) -> float:
    """Return how far a rate may lie from what was rounded to it, by the digits it is written with."""
    digits = re.search(r"\.(\d+)", cells.as_text(written))
    half = 0.5 * 10.0 ** -(len(digits[1]) if digits else 0)
    marked = isinstance(written, str) and written.strip().endswith("%")
    return max(half / (100 if unit == "percent" or marked else 1), _LEAST_DOUBT) + 1e-9

"""What a browser is told of a chart: worked out once, with its data within, for all sessions."""

from dataclasses import dataclass
from typing import Any

import altair as alt
import marimo as mo

from dashboard.once import drawn_once


@drawn_once
def drawing(drawn: Any) -> mo.Html:  # noqa: ANN401
    """Return a chart that altair drew, as something to place."""
    return mo.as_html(_Vega(drawn.to_json(indent=None, validate=False, allow_nan=False)))


@drawn_once
def settled(drawn: Any) -> alt.LayerChart:  # noqa: ANN401
    """Return a chart that altair drew, as one that marimo makes live without working it out again."""
    return _Settled(drawn.to_dict(validate=False))


@dataclass(frozen=True)
class _Vega:
    """The text of a chart, and what marimo is to take it for."""

    text: str

    def _mime_(self) -> tuple[str, str]:
        return "application/vnd.vegalite.v6+json", self.text


class _Settled(alt.LayerChart):
    """A chart that is its specification; copies are itself, for nobody changes it."""

    def __init__(self, specification: dict[str, Any]) -> None:
        super().__init__(layer=[])
        # An attribute of altair's would become part of the chart.
        object.__setattr__(self, "_specification", specification)

    def copy(self, *_: object, **__: object) -> "_Settled":
        """Return itself."""
        return self

    def to_dict(self, *_: object, **__: object) -> dict[str, Any]:
        """Return the specification."""
        return self._specification

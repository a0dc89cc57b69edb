"""What somebody has chosen on the page of runs: every change goes through here, and into the address."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from analytics.overview import Scope
from analytics.overview.scope import PARAMETERS as SCOPED
from analytics.store.run_tables import OWN_FILTERS
from dashboard import address, run_reading
from dashboard.run_reading import RunKey, RunsView

State = tuple[Callable[[], Any], Callable[[Any], None]]
"""What ``mo.state`` returns: how to read a value, and how to set it."""


@dataclass(frozen=True, kw_only=True)
class Choices:
    """The chosen view. Read through here, it does not make a cell run again when it changes."""

    scope: State
    view: State
    picked: State
    run: State
    tree: State
    """Which calls of the opened run are open; None for those that are at first."""
    patch: State
    redrawn: State
    """A number that goes up when controls must show what was chosen elsewhere."""
    params: Any
    """``mo.query_params()``."""

    def scope_now(self) -> Scope:
        """Return the chosen scope."""
        return self.scope[0]()

    def view_now(self) -> RunsView:
        """Return how the table is looked at."""
        return self.view[0]()

    def choose(self, scope: Scope) -> None:
        """Look at another scope, from its first page on."""
        self.scope[1](scope)
        self.look(replace(self.view_now(), page=0))

    def look(self, view: RunsView) -> None:
        """Look at the table in another way."""
        self.view[1](view)
        self._remember()

    def choose_facet(self, column: str, values: Sequence[str | None]) -> None:
        """Filter by a facet, whoever does it."""
        if column in OWN_FILTERS:
            self.look(self.view_now().filtered(column, values))
        else:
            self.choose(self.scope_now().filtered(column, values))
        self._redraw()

    def clear(self) -> None:
        """Take every filter away; the period, the order and the columns stay."""
        self.view[1](replace(self.view_now(), also=(), search="", page=0))
        self.choose(Scope(period=self.scope_now().period))
        self._redraw()

    def open_run(self, key: RunKey | None) -> None:
        """Open a run, or go back to all of them."""
        self.tree[1](None)
        self.patch[1](None)
        self.run[1](key)
        self._remember()

    def pick(self, key: RunKey) -> None:
        """Compare a run, or no longer."""
        now: tuple[RunKey, ...] = self.picked[0]()
        if key in now:
            self.picked[1](tuple(each for each in now if each != key))
        elif len(now) < run_reading.MOST_COMPARED:
            self.picked[1]((*now, key))
        self._remember()

    def pick_nothing(self) -> None:
        """Compare no run."""
        self.picked[1](())
        self._remember()

    def _redraw(self) -> None:
        self.redrawn[1](self.redrawn[0]() + 1)

    def _remember(self) -> None:
        wanted = self.scope_now().parameters() | self.view_now().parameters()
        wanted["pick"] = ["/".join(key) for key in self.picked[0]()]
        run = self.run[0]()
        wanted[address.RUN] = ["/".join(run)] if run else []
        names = (*SCOPED, address.RUN, *run_reading.PARAMETERS)
        address.put(self.params, wanted, names)

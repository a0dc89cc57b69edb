"""What frames the overview: header, filters, notices, and what is said where there is nothing to show."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from analytics.errors import AnalyticsError
from analytics.overview import Comparison, Overview, Series
from analytics.overview.scope import FILTER_TITLES
from analytics.render import counted, moment
from analytics.schema import CLOCK_TOLERANCE
from dashboard.address import RunKey, link_to
from dashboard.charts import chart_before_after
from dashboard.once import drawn_once
from dashboard.palette import BLUE, GREEN
from dashboard.widgets import (
    NOTHING,
    Markup,
    age,
    callout,
    chart,
    command,
    compared_table,
    grid,
    join,
    nothing,
    source_line,
    tag,
)  # fmt: skip

_PULL = command("patchpilot sync --weave ENTITY/PROJECT")
_IMPORT = command("patchpilot import PATH")

SECTIONS = (
    ("pass-rate", "Pass rate"),
    ("fix-time", "Fix time"),
    ("bug-types", "Bug types"),
    ("fixes", "Recent fixes"),
    ("before-after", "Before and after"),
    ("more", "More numbers"),
)
"""Anchor and title of every part of the page."""

STALE_AFTER_S = 24 * 3600

_LOGO = Markup(
    '<svg viewBox="0 0 32 32" width="30" height="30" aria-hidden="true"><defs><linearGradient id="pp-g" '
    f'x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="{GREEN}"/><stop offset="1" '
    f'stop-color="{BLUE}"/></linearGradient></defs><rect width="32" height="32" rx="8" '
    'fill="url(#pp-g)"/><g transform="rotate(-45 16 16)" fill="#fff"><rect x="5" y="11.5" width="22" '
    'height="9" rx="4.5"/><rect x="12.2" y="12.6" width="7.6" height="6.8" rx="1.2" fill="#0b7f6c" '
    'opacity=".3"/></g></svg>'
)


def header(
    shown: Overview,
    now: datetime,
    *,
    controls: object = "",
    pages: Sequence[tuple[str, str]] = (),
    sections: Sequence[tuple[str, str]] = SECTIONS,
) -> Markup:
    """Return the header: brand, navigation, freshness, where the data came from.

    Args:
        shown: the overview, for the facts about its data.
        now: UTC, to say how old the data is.
        controls: the refresh control, where the page is live.
        pages: (address, title) of the other pages.
        sections: (anchor, title) of the parts of this one.
    """
    brand = tag(
        "a",
        _LOGO,
        tag("span", tag("b", "PatchPilot"), " Analytics"),
        class_="pp-brand",
        href="#top",
    )
    links = [tag("a", title, href=f"#{anchor}") for anchor, title in sections]
    others = [tag("a", title, href=where, class_="pp-page") for where, title in pages]
    fresh = tag(
        "div",
        tag("span", age(shown.facts.imported_at, now), class_="pp-fresh"),
        controls,
        class_="pp-live",
    )
    top = tag(
        "div",
        brand,
        tag("nav", *links, *others, aria_label="Parts of this page"),
        fresh,
        class_="pp-top",
    )
    return tag(
        "header",
        top,
        tag("p", source_line(shown), class_="pp-source"),
        class_="pp-header",
        id="top",
    )


def summary(shown: Overview) -> Markup:
    """Return in words what is shown: period, how many runs, and what it is narrowed down to."""
    scope = shown.scope
    chips = [
        tag(
            "span",
            f"{FILTER_TITLES[column]}: ",
            tag("b", ", ".join(v or "unknown" for v in values)),
            class_="pp-chip",
        )
        for column, values in scope.equal
    ]
    if scope.days:
        first, last = (f"{day.day} {day:%b %Y}" for day in scope.days)
        chips.append(
            tag(
                "span",
                "Days: ",
                tag("b", first if first == last else f"{first} to {last}"),
                class_="pp-chip",
            )
        )
    runs = counted(shown.runs, "run")
    return tag("p", tag("b", shown.window.label), f" · {runs}", *chips, class_="pp-summary")


def notices(shown: Overview, ignored: Sequence[str], fault: str | None, now: datetime) -> Markup:
    """Return what must be known before the numbers are read: demo, faults, stale data, what was ignored."""
    told: list[Markup] = []
    if fault:
        told.append(
            callout(
                "error", "The store cannot be reached. The numbers are those read before.", fault
            )
        )
    if shown.facts.demo:
        told.append(
            callout(
                "demo",
                "Demonstration data.",
                "These are the bundled traces of PatchPilot's own agents, not yours.",
                tag("p", "Show your own: ", _IMPORT, " or ", _PULL),
            )
        )
    told += [callout("info", "Ignored in the address.", sentence) for sentence in ignored]
    imported = shown.facts.imported_at
    if imported and not shown.facts.demo and (now - imported).total_seconds() > STALE_AFTER_S:
        days = (now - imported).days
        told.append(
            callout(
                "stale",
                f"Nothing new for {counted(days, 'day')}.",
                tag("p", "Bring it up to date: ", _PULL, " or ", command("patchpilot watch PATH")),
            )
        )
    if imported and imported - now > CLOCK_TOLERANCE:
        told.append(
            callout(
                "info",
                "The newest import is dated in the future.",
                f"It says {moment(imported)} UTC, this machine's clock {moment(now)} UTC: one of the two was "
                "wrong, and how old the data is cannot be said.",
            )
        )
    if shown.runs_of_several_types:
        several = counted(shown.runs_of_several_types, "run")
        told.append(
            callout(
                "info",
                f"{several} with bugs of several types.",
                "Their bugs of the chosen types are in the numbers of bugs; the runs themselves are in "
                "no number of runs, since no one type is theirs.",
            )
        )
    if shown.window.future_runs:
        told.append(
            callout(
                "info",
                f"{counted(shown.window.future_runs, 'run')} left out for a start in the future.",
                "Check the clock of the machine that recorded them.",
            )
        )
    if shown.facts.rejected:
        told.append(
            callout(
                "info",
                f"{counted(shown.facts.rejected, 'record')} unreadable, and in no number.",
                tag("p", "Which, and why: ", command("patchpilot doctor")),
            )
        )
    return tag("div", *told, class_="pp-notices") if told else NOTHING


def nothing_here(shown: Overview) -> Markup:
    """Return what stands instead of the numbers where there are none: what happened, and what to do."""
    if shown.runs_stored == 0 and shown.facts.calls:
        return callout(
            "empty",
            "No runs found in these traces.",
            f"The store holds {counted(shown.facts.calls, 'call')}, none known as the run of an agent.",
            tag(
                "p",
                "Say which op is a run: ",
                command("patchpilot import PATH --semantics my.toml"),
            ),
        )
    if shown.runs_stored == 0:
        return callout(
            "empty",
            "No traces yet.",
            "Import an export from Weave, or pull a project; this page shows it within seconds.",
            tag("p", _IMPORT),
            tag("p", _PULL),
            tag("p", "Or look around first: ", command("patchpilot serve --demo")),
        )
    return callout(
        "empty",
        "No runs match these filters.",
        f"The store holds {counted(shown.runs_stored, 'run')}, none in the period "
        f"({shown.window.label}) with what is chosen above. Choose a longer period, or clear the filters.",
    )


def no_store(fault: AnalyticsError) -> Markup:
    """Return the page where the store cannot be opened at all."""
    brand = tag("div", _LOGO, tag("span", tag("b", "PatchPilot"), " Analytics"), class_="pp-brand")
    said = callout(
        "error",
        "The store cannot be opened.",
        str(fault),
        tag("p", "What is wrong with it: ", command("patchpilot doctor")),
    )
    return join([tag("header", tag("div", brand, class_="pp-top"), class_="pp-header"), said])


def only_running(shown: Overview) -> Markup:
    """Return what is said where every run is still under way."""
    return callout(
        "info",
        f"{counted(shown.running, 'run')} in progress, none finished yet.",
        "Rates and times appear with the first that ends; this page brings itself up to date.",
    )


def nothing_stored() -> Markup:
    """Return what stands where there is no store yet."""
    return nothing("Nothing imported yet", "patchpilot import PATH makes the store.")


def no_such_run() -> Markup:
    """Return what is said where an address opens a run that is not there."""
    why = "It is not in this store; the address may come from another one."
    return nothing("No such run", why)


def pass_rate_note(shown: Overview, *, is_live: bool) -> str:
    """Return how the pass rate's chart is to be read."""
    note = (
        f"Passed, of the runs with a known outcome, per {shown.window.bucket}. The band is the 95 % "
        "interval; larger points stand on more runs."
    )
    return note + (" Drag across days to look at them alone." if is_live else "")


def bugs_note(series: Series) -> str:
    """Return which bugs the chart of every bug shows, empty where it shows them all."""
    shown = len(series.fix_points)
    if shown == series.bugs_timed:
        return ""
    return f"The newest {shown:,} of {counted(series.bugs_timed, 'bug')}."


def agents_note(series: Series) -> str:
    """Return how many agents their chart leaves out, empty where it shows them all."""
    left_out = series.agents_left_out
    return f"and {counted(left_out, 'more agent')}" if left_out else ""


def sides(compared: Comparison | None) -> Markup:
    """Return what stands on either side of a comparison."""
    if compared is None:
        return NOTHING
    left, right = compared.left, compared.right
    return join(
        [tag("b", left.title), f": {left.detail} · ", tag("b", right.title), f": {right.detail}"]
    )


def before_after(compared: Comparison | None) -> Markup:
    """Return both sides of a comparison as numbers and as a chart."""
    if compared is None:
        return nothing("Nothing to compare", "Two runs are needed, one for each side.")
    if not compared.pairs:
        return nothing("Nothing to compare yet", "No number is known on either side.")
    drawn = _drawn_sides(compared)
    shares = chart(drawn, "No shares to draw", "No rate is known on both sides.")
    return grid((7, "", compared_table(compared)), (5, "", shares))


@drawn_once
def _drawn_sides(compared: Comparison) -> Any:  # noqa: ANN401
    return chart_before_after(compared.frame())


def whole_run(key: RunKey, runs_page: str) -> Markup:
    """Return a link to everything about a run, nothing where there is no page of runs."""
    if not runs_page:
        return NOTHING
    return tag("a", "Everything about this run", href=link_to(key, runs_page))


def times_are_utc() -> Markup:
    """Return how the numbers of one run are to be read."""
    return tag("footer", "Unknown is —, never 0. All times are UTC.", class_="pp-footer")


def footer(shown: Overview) -> Markup:
    """Return how the numbers are to be read."""
    return tag(
        "footer",
        "Unknown is —, never 0. Intervals are 95 %; a change that they explain is called within chance. "
        "All times are UTC. ",
        tag(
            "span",
            f"{counted(shown.facts.imports, 'import')}, newest {moment(shown.facts.imported_at)} UTC.",
        ),
        class_="pp-footer",
    )

"""Everything with markup: cards, tables, callouts, the header. Text from traces is escaped here, always.

A function that returns markup returns ``Markup``; what is not Markup is text, and is escaped when it is
put into some.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

import marimo as mo

from analytics.overview import Comparison, Headline, Overview
from analytics.render import UNKNOWN, Card, counted, moment
from analytics.schema import CLOCK_TOLERANCE
from dashboard.specification import drawing, settled


@dataclass(frozen=True, slots=True)
class Markup:
    """HTML that this package wrote itself. No string, so that text cannot be mixed in by accident."""

    html: str

    def __bool__(self) -> bool:
        """Nothing is false."""
        return bool(self.html)


NOTHING = Markup("")
_DIGITS = re.compile(r"[\d.,—$+-]+|[^\d.,—$+-]+")
_AGE_STEPS = (
    ("pp-s", 1, 60),
    ("pp-m", 60, 60),
    ("pp-h", 3_600, 24),
    ("pp-d", 86_400, 30),
)
"""Of an age: class of a step (see theme.css), its seconds, and how many make the next."""
_AGE_UNITS = (60, 3_600, 86_400, 2_592_000)
"""Seconds from which on it is told in minutes, hours, days, and no more."""
_STALE_S = 86_400
_ARROWS = {True: "▲", False: "▼"}
_WORDS = {"better": "better", "worse": "worse", "neutral": "", "unclear": "within chance"}


def text(value: object) -> Markup:
    """Return a value as markup: as it is where it is markup, else escaped; unknown is an em dash."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, mo.Html):
        return Markup(value.text)
    return Markup(UNKNOWN if value is None else escape(str(value)))


def tag(name: str, *content: object, **attributes: object) -> Markup:
    """Return one element. Attributes that are None are left out; ``class_`` is class, ``_`` is a dash.

    >>> tag("b", "<script>", title='"').html
    '<b title="&quot;">&lt;script&gt;</b>'
    """
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{told}>{join(content).html}</{name}>")


def join(parts: Iterable[object]) -> Markup:
    """Return parts one after the other, each escaped unless it is markup."""
    return Markup("".join(text(part).html for part in parts))


def element(control: mo.Html) -> mo.Html:
    """Return a control as something to place, which no cell depends on."""
    return mo.Html(control.text)


def show(*parts: object) -> mo.Html:
    """Return what a cell shows."""
    return mo.Html(join(parts).html)


def section(
    title: str, *content: object, anchor: str, note: object = "", side: object = ""
) -> Markup:
    """Return one part of the page: a heading with a note, controls at its side, and what it holds."""
    heading = tag("div", tag("h2", title), tag("p", note) if note else NOTHING, class_="pp-titles")
    parts = side if isinstance(side, list) else [side]
    controls = tag("div", *parts, class_="pp-side") if side else NOTHING
    head = tag("header", heading, controls, class_="pp-head")
    return tag("section", head, *content, class_="pp-panel", id=anchor)


def grid(*cells: tuple[int, str, object]) -> Markup:
    """Return cells side by side: (columns of twelve, small title or "", content)."""
    return tag(
        "div",
        *(
            tag("div", tag("h3", title) if title else NOTHING, content, class_=f"pp-span-{width}")
            for width, title, content in cells
        ),
        class_="pp-grid",
    )


def cards(headlines: Sequence[Headline], before_label: str, *, small: bool = False) -> Markup:
    """Return a row of cards."""
    size = "pp-cards pp-small" if small else "pp-cards"
    return tag("div", *(_card(each, before_label) for each in headlines), class_=size)


def _card(headline: Headline, before_label: str) -> Markup:
    card = headline.card
    return tag(
        "article",
        tag("div", tag("h3", card.title), _definition(card), class_="pp-card-head"),
        tag("p", number(card.value), class_="pp-value"),
        tag("p", _interval(card), class_="pp-interval"),
        tag("p", basis(headline), class_="pp-basis"),
        step(card, headline.is_clear, before_label) if headline.before else NOTHING,
        class_="pp-card",
        data_metric=card.name,
    )


def number(value: str) -> Markup:
    """Return a number with its units smaller than its digits.

    >>> number("2 min 17 s").html
    '2<small> min </small>17<small> s</small>'
    """
    return join(
        part if part[0].isdigit() or part[0] in ".,—$+-" else tag("small", part)
        for part in _DIGITS.findall(value)
    )


def _interval(card: Card) -> Markup:
    if not card.interval:
        return Markup("&nbsp;")
    return join([tag("abbr", "95 % CI", title="95 % confidence interval"), f" {card.interval}"])


def basis(headline: Headline) -> Markup:
    """Return what a number stands on, with the bracket that unknown outcomes open."""
    card = headline.card
    said = [text(card.basis)]
    if card.bracket:
        hint = "If every doubtful run had failed, and if every one had passed"
        said.append(tag("span", f" · between {card.bracket} with doubtful runs", title=hint))
    return join(said)


def step(card: Card, is_clear: bool | None, against: str) -> Markup:
    """Return a change: arrow, amount, and in words what it means.

    Args:
        card: its ``change`` and ``trend``.
        is_clear: whether the change is larger than chance explains; None where that cannot be said.
        against: what it is a change from.
    """
    if not card.change:
        told = f"nothing to compare in {against}" if against and card.value != UNKNOWN else ""
        return tag("p", told or ("" if against else UNKNOWN), class_="pp-change")
    if card.trend == "same":
        return tag("p", f"no change from {against}" if against else "no change", class_="pp-change")
    trend = "unclear" if is_clear is False else card.trend
    arrow = tag(
        "span", _ARROWS[not card.change.startswith("-")], class_="pp-arrow", aria_hidden="true"
    )
    word, versus = _WORDS[trend], f" vs {against}" if against else ""
    parts = (arrow, " ", tag("b", card.change), word and f" {word}", versus and tag("span", versus))
    return tag("p", *parts, class_="pp-change", data_trend=trend)


def _definition(card: Card) -> Markup:
    question = tag("summary", "?", aria_label=f"What is {card.title}?")
    return tag("details", question, tag("p", card.doc), class_="pp-definition")


def callout(kind: str, title: str, *content: object) -> Markup:
    """Return a notice. Kinds: empty, error, stale, info, demo."""
    role = "alert" if kind == "error" else "status"
    body = (part if isinstance(part, Markup) else tag("p", part) for part in content)
    return tag("div", tag("strong", title), *body, class_=f"pp-callout pp-{kind}", role=role)


def command(line: str) -> Markup:
    """Return a command to copy."""
    return tag("code", line, class_="pp-command")


def nothing(title: str, why: str) -> Markup:
    """Return what stands where a chart or a table has nothing to show."""
    return tag("div", tag("strong", title), tag("p", why), class_="pp-nothing")


def quiet(said: object) -> Markup:
    """Return what stands in one line where there is no more to say."""
    return tag("p", said, class_="pp-quiet")


def facts(known: Mapping[str, object]) -> Markup:
    """Return names and values side by side, without those that are unknown."""
    shown = {name: value for name, value in known.items() if value is not None and value != UNKNOWN}
    pairs = (tag("div", tag("dt", name), tag("dd", value)) for name, value in shown.items())
    return tag("dl", *pairs, class_="pp-facts")


def part(title: str, *content: object, note: object = "") -> Markup:
    """Return a part of a section: a small heading with a note, and what it holds."""
    head = tag("h3", title, tag("small", " ", note) if note else NOTHING)
    return tag("div", head, *content, class_="pp-part")


def field(title: str, control: object) -> Markup:
    """Return a control under its title."""
    return tag("label", tag("span", title), control, class_="pp-field")


def live_chart(
    drawn: Any,  # noqa: ANN401
    heard: Callable[[Mapping[str, Any]], None],
) -> mo.ui.altair_chart | None:
    """Return a chart in which something can be picked.

    Args:
        drawn: an altair chart with a selection of its own, or None.
        heard: is told what is selected: selection -> field -> values.
    """
    if drawn is None:
        return None
    live = mo.ui.altair_chart(
        settled(drawn),
        chart_selection=False,
        legend_selection=False,
        on_change=lambda _: heard(live.selections),
    )
    return live


def chart(drawn: Any, title: str, why: str, *, note: str = "") -> Markup:  # noqa: ANN401
    """Return a chart (drawn by altair, or made live by marimo), or in words why there is none.

    Args:
        drawn: the chart, or None.
        title: of what stands instead.
        why: there is none.
        note: what the chart leaves out.
    """
    if drawn is None:
        return nothing(title, why)
    said = tag("p", note, class_="pp-quiet") if note else NOTHING
    placed = drawn if isinstance(drawn, mo.Html) else drawing(drawn)
    return tag("figure", element(placed), said, class_="pp-chart")


def status(outcome: str) -> Markup:
    """Return how a bug or a run ended: a sign and a word, not colour alone."""
    signs = {
        "fixed": "✓", "pass": "✓", "passed": "✓", "ok": "✓", "given up": "✕", "fail": "✕", "failed": "✕",
        "error": "✕", "open": "●", "running": "●", "abandoned": "◌",
    }  # fmt: skip
    sign = tag("i", signs.get(outcome, "?"), aria_hidden="true")
    return tag("span", sign, outcome, class_="pp-status", data_status=outcome)


def table(
    columns: Sequence[tuple[str, object]],
    rows: Iterable[Sequence[object]],
    *,
    name: str,
    labels: Sequence[str] = (),
    marks: Sequence[str | None] = (),
) -> Markup:
    """Return a table that becomes a list of cards where it is narrow.

    Args:
        columns: (class, heading) of each.
        rows: cells, in the columns' order.
        name: what the table is called by those who cannot see it.
        labels: what a cell is called in a card; the headings where empty.
        marks: state of each row, for the style sheet.
    """
    heads = [tag("th", heading, class_=f"pp-{key}", scope="col") for key, heading in columns]
    called = labels or [str(heading) for _, heading in columns]
    body = [
        tag(
            "tr",
            *(
                tag("td", cell, class_=f"pp-{key}", data_label=label, data_known=_known(cell))
                for (key, _), label, cell in zip(columns, called, row, strict=True)
            ),
            data_state=marks[position] if marks else None,
        )
        for position, row in enumerate(rows)
    ]
    whole = tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *body), aria_label=name)
    return tag("div", whole, class_="pp-table")


def _known(cell: object) -> str | None:
    """Return what the style sheet is told of a cell: narrow lists leave out what is not known."""
    return "no" if cell is None or cell == UNKNOWN else None


def compared_table(comparison: Comparison) -> Markup:
    """Return both sides of a comparison, metric by metric."""

    def side(card: Card) -> Markup:
        said = tag("small", card.interval) if card.interval else NOTHING
        return tag("div", tag("b", card.value), said, title=card.basis)

    left, right = comparison.left.title, comparison.right.title
    columns = [("name", "Metric"), ("num", left), ("num", right), ("step", "Change")]  # fmt: skip
    rows = [
        (
            tag("span", pair.metric.title, title=pair.metric.doc, data_compared=pair.metric.name),
            side(pair.left_card),
            side(pair.right_card),
            step(pair.right_card, pair.is_clear, ""),
        )
        for pair in comparison.pairs
    ]
    return table(columns, rows, name="Before and after")


def age(since: datetime | None, now: datetime) -> Markup:
    """Return an age that the browser counts on by itself, without asking anybody (see theme.css)."""
    if since is None:
        return Markup("no data yet")
    if since - now > CLOCK_TOLERANCE:
        return Markup("age of the data unknown")
    passed = max(round((now - since).total_seconds()), 0)
    said = tag("span", f"Data of {moment(since)} UTC.", class_="pp-hidden")
    steps = [
        tag("i", class_=unit, style=_wait(number * length_s - passed))
        for unit, length_s, count in _AGE_STEPS
        for number in range(1, count)
    ]
    ticking = tag("span", *steps, class_="pp-age", style=_wait(*(at - passed for at in _AGE_UNITS)))
    return join(
        [
            tag("i", class_="pp-dot", style=_wait(_STALE_S - passed)),
            said,
            tag("span", "data ", ticking, " old"),
        ]
    )


def _wait(*seconds: int) -> str:
    return f"animation-delay: {', '.join(f'{each}s' for each in seconds)}"


def source_line(shown: Overview) -> Markup:
    """Return where the data came from and how much of it there is."""
    facts = shown.facts
    parts = [tag("span", f"{counted(shown.runs_stored, 'run')}, {counted(facts.calls, 'call')}")]
    if facts.demo:
        parts.insert(0, tag("span", "Bundled traces"))
    elif facts.origins:
        first, *others = facts.origins
        told = _short_origin(first) + (f" and {len(others)} more" if others else "")
        parts.insert(0, tag("span", told, title="\n".join(facts.origins[:20]), class_="pp-origin"))
    if facts.rejected:
        parts.append(
            tag("span", f"{counted(facts.rejected, 'record')} unreadable", class_="pp-warn")
        )
    if shown.running:
        parts.append(tag("span", f"{shown.running:,} running", class_="pp-running"))
    return join(parts)


def _short_origin(origin: str) -> str:
    """Return the name of a file without the folders before it, of several files the first."""
    name = origin.split(" /")[0]
    name = name.rstrip("/").rpartition("/")[2] if name.startswith("/") else name
    return name if len(name) <= 60 else name[:59] + "…"

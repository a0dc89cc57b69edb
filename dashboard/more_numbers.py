"""Every metric that has no card on the overview, by subject: what is known, what is not, where to read on."""

from collections.abc import Sequence

from analytics.metrics.catalog import SUBJECTS
from analytics.overview import Headline, Overview
from analytics.render import UNKNOWN, counted
from dashboard import pages
from dashboard.widgets import NOTHING, Markup, basis, number, quiet, table, tag

_PAGES = {"Outcomes": "/outcomes", "Spending": "/spending", "Work": "/spending"}
"""Subject -> the page that says more about it."""

_CLOSED = ("Spending", "Work")
"""Subjects that are there to be opened: most readers come for the others."""


def more_numbers(shown: Overview) -> Markup:
    """Return the other metrics, one table a subject."""
    known = {each.card.name: each for each in shown.more}
    groups = {
        subject: [known[metric.name] for metric in metrics if metric.name in known]
        for subject, metrics in SUBJECTS.items()
    }
    return tag("div", *(_group(shown, *group) for group in groups.items()), class_="pp-more")


def _group(shown: Overview, subject: str, headlines: Sequence[Headline]) -> Markup:
    known = [each for each in headlines if each.now.value is not None]
    lacking = [each.card.title for each in headlines if each.now.value is None]
    where = pages.link(_PAGES.get(subject, ""), "", shown.scope)
    head = tag("summary", tag("b", subject), f" {counted(len(known), 'number')}")
    return tag(
        "details",
        head,
        tag("p", tag("a", f"More about {subject.lower()}", href=where)) if where else NOTHING,
        _table(known, subject) if known else NOTHING,
        quiet(f"Not told by these runs: {', '.join(lacking)}.") if lacking else NOTHING,
        **({} if subject in _CLOSED else {"open": ""}),
    )


def _table(headlines: Sequence[Headline], subject: str) -> Markup:
    columns = [
        ("name", "Metric"),
        ("num", "Value"),
        ("range", "95 % interval"),
        ("of", "Of"),
        ("what", "What it is"),
    ]
    rows = [
        (
            tag("span", each.card.title, data_metric=each.card.name),
            tag("span", number(each.card.value)),
            each.card.interval or UNKNOWN,
            basis(each),
            each.card.doc,
        )
        for each in headlines
    ]
    return table(columns, rows, name=f"More numbers: {subject.lower()}")

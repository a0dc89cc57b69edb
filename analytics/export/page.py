"""Writes the overview as one HTML file that opens from disk, with live charts and without any network.

Draws nothing: the caller (the command line or the dashboard) hands each chart in as a Vega-Lite
specification, a plain dict, because this package knows no chart library. The scripts of Vega are put
into the file once; they interpret expressions instead of compiling them, so that the page's own policy
forbids everything but these very scripts.
"""

import os
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from analytics import __version__
from analytics.errors import InputError
from analytics.export.markup import NOTHING, Markup, script_json, tag
from analytics.overview import Headline, Overview
from analytics.overview.compare import Comparison
from analytics.overview.scope import FILTER_TITLES
from analytics.render import UNKNOWN, counted, moment, time_of_bug
from analytics.store.tables import Page

FIXES_SHOWN = 1000
"""Rows of the table of bugs at most; the page says how many there are in all."""

_DRAW = """
for (const figure of document.querySelectorAll("figure[data-chart]")) {
  const spec = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
  vegaEmbed(figure.querySelector("div"), spec, {actions: false, renderer: "svg", ast: true, logLevel: 1})
    .catch(fault => { figure.querySelector("div").textContent = "This chart could not be drawn: " + fault; });
}
"""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One chart with its title."""

    title: str
    spec: Mapping[str, Any] | None
    """Vega-Lite specification with its data; None where there is nothing to draw."""
    note: str = ""
    """What it leaves out."""
    why_none: str = "Nothing to draw in this period."


def export_page(
    overview: Overview, figures: Sequence[Figure], fixes: Page, file: Path, *, made_at: datetime
) -> int:
    """Write the page, in whole or not at all.

    Args:
        overview: what it says.
        figures: its charts, in order.
        fixes: the newest bugs, at most FIXES_SHOWN, and how many there are.
        file: where to; replaced where it exists.
        made_at: now, UTC.

    Returns:
        Its size in bytes.

    Raises:
        InputError: the file cannot be written.
    """
    page = render(overview, figures, fixes, made_at=made_at).encode()
    draft = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=file.parent, prefix=".patchpilot-", delete=False) as out:
            draft = Path(out.name)
            out.write(page)
        draft.chmod(0o644)
        os.replace(draft, file)
    except OSError as fault:
        if draft is not None:
            draft.unlink(missing_ok=True)
        raise InputError(
            f"cannot write {file}: {fault.strerror}. Nothing was written; choose another place."
        ) from fault
    return len(page)


def render(
    overview: Overview, figures: Sequence[Figure], fixes: Page, *, made_at: datetime
) -> Markup:
    """Return the page."""
    drawn = [figure for figure in figures if figure.spec is not None]
    libraries = _libraries() if drawn else ""
    scripts = [Markup(script) for script in (libraries, _DRAW) if drawn]
    style = (files("analytics.export") / "page.css").read_text("utf-8")
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(scripts)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"PatchPilot: {overview.window.label}"),
        tag("style", Markup(style)),
    )
    headlines = (*overview.first, *overview.second)
    body = tag(
        "body",
        _header(overview, made_at),
        tag(
            "main",
            _demo_banner(overview),
            _cards(headlines, overview.window.before_label),
            tag("div", *_figures(figures), class_="charts"),
            _before_after(overview.comparison),
            _fixes(fixes),
            _definitions((*headlines, *overview.more)),
        ),
        _footer(made_at),
        *(tag("script", script_json(figure.spec), type="application/json", id=_anchor(position))
          for position, figure in enumerate(figures) if figure.spec is not None),
        *(tag("script", script) for script in scripts),
    )  # fmt: skip
    return Markup(f"<!doctype html>\n{tag('html', head, body, lang='en')}\n")


@cache
def _libraries() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script."""
    import vl_convert

    bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    # The one sequence that would end the script element early.
    return bundle.replace("</script", "<\\/script")


def _policy(scripts: Sequence[str]) -> str:
    # Without any source, the directive forbids every script.
    hashes = " ".join(
        f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _header(overview: Overview, made_at: datetime) -> Markup:
    facts = overview.facts
    filters = [
        f"{FILTER_TITLES[column]}: {', '.join(value or 'unknown' for value in values)}"
        for column, values in overview.scope.equal
    ]
    origins = ", ".join(map(_file_names, facts.origins[:5])) or "nothing imported yet"
    more = f" and {len(facts.origins) - 5} more" if len(facts.origins) > 5 else ""
    unreadable = f", {counted(facts.rejected, 'record')} unreadable" if facts.rejected else ""
    return tag(
        "header",
        tag("h1", "PatchPilot"),
        tag("p", overview.window.label, *(f" · {each}" for each in filters), class_="scope"),
        tag(
            "p",
            f"{overview.runs:,} of {counted(overview.runs_stored, 'stored run')}, "
            f"{overview.running:,} in progress. From {origins}{more}: {counted(facts.calls, 'call')} in "
            f"{counted(facts.imports, 'import')}{unreadable}, "
            f"the newest of {moment(facts.imported_at)} UTC. Made {moment(made_at)} UTC.",
            class_="source",
        ),
    )


def _file_names(origin: str) -> str:
    """Return what was imported without its folders: they say more of a machine than a page should.

    >>> _file_names("traces/a.jsonl b.jsonl"), _file_names("https://weave.example acme/shop")
    ('a.jsonl b.jsonl', 'https://weave.example acme/shop')
    """
    if "://" in origin:
        return origin
    return " ".join(word.rstrip("/").rpartition("/")[2] for word in origin.split(" "))


def _demo_banner(overview: Overview) -> Markup:
    if not overview.facts.demo:
        return NOTHING
    said = "These are the bundled demo traces, not yours."
    return tag("p", tag("strong", "Demo."), f" {said}", class_="demo", role="status")


def _cards(headlines: Sequence[Headline], before: str) -> Markup:
    return tag("div", *(_card(headline, before) for headline in headlines), class_="cards")


def _card(headline: Headline, before: str) -> Markup:
    card = headline.card
    unclear = headline.is_clear is False
    chance = " (within chance)" if unclear else ""
    change = f"{card.change}{chance} vs {before}" if card.change else ""
    return tag(
        "article",
        tag("h2", card.title),
        tag("p", card.value, class_="value"),
        tag("p", f"95 %: {card.interval}" if card.interval else ""),
        tag("p", card.basis, f" · between {card.bracket} with doubtful runs" if card.bracket else ""),
        tag("p", change, data_trend="unclear" if unclear else card.trend or None),
        data_metric=card.name,
    )  # fmt: skip


def _figures(figures: Iterable[Figure]) -> Iterable[Markup]:
    for position, figure in enumerate(figures):
        title = tag("figcaption", figure.title)
        if figure.spec is None:
            yield tag("figure", title, tag("p", figure.why_none))
        else:
            note = tag("p", figure.note) if figure.note else NOTHING
            yield tag("figure", title, tag("div"), note, data_chart=_anchor(position))


def _anchor(position: int) -> str:
    return f"chart-{position}"


def _fixes(fixes: Page) -> Markup:
    shown = len(fixes.rows)
    extent = (
        f"All {fixes.total:,} of the period."
        if shown == fixes.total
        else f"The newest {shown:,} of {fixes.total:,}; patchpilot export --csv writes them all."
    )
    columns = ("Status", "Bug", "Type", "File", "Time", "Attempts", "Variant", "Found (UTC)")
    rows = (
        (
            row["outcome"],
            row["title"] or row["bug_id"],
            row["bug_type"],
            _place(row["file"], row["line"]),
            time_of_bug(row["outcome"], row["fix_time_s"], row["observed_s"]),
            row["attempts"],
            row["variant"],
            moment(row["found_at"]),
        )
        for row in fixes.rows.iter_rows(named=True)
    )
    if not shown:
        return _section("Bugs", tag("p", "No bug came up in this period."))
    return _section("Bugs", tag("p", extent), _table("fixes", columns, rows))


def _place(file: str | None, line: int | None) -> str | None:
    return f"{file}:{line}" if file and line is not None else file


def _before_after(comparison: Comparison | None) -> Markup:
    if comparison is None:
        return _section("Before and after", tag("p", "A comparison needs two runs."))
    left, right = comparison.left, comparison.right
    words = {True: "clear", False: "within chance", None: UNKNOWN}
    rows = (
        (
            pair.metric.title,
            _with_interval(pair.left_card.value, pair.left_card.interval),
            _with_interval(pair.right_card.value, pair.right_card.interval),
            pair.right_card.change or None,
            words[pair.is_clear],
        )
        for pair in comparison.pairs
    )
    return _section(
        "Before and after",
        tag("p", f"{left.title}: {left.detail}. {right.title}: {right.detail}."),
        _table("comparison", ("Metric", left.title, right.title, "Change", "Difference"), rows),
    )


def _with_interval(value: str, interval: str) -> str:
    return f"{value} ({interval})" if interval else value


def _definitions(headlines: Iterable[Headline]) -> Markup:
    rows = (
        (
            each.card.title,
            each.card.value,
            each.card.interval or None,
            each.card.basis,
            each.card.doc,
        )
        for each in headlines
    )
    columns = ("Metric", "Value", "95 % interval", "Of", "What it is")
    return _section("Every metric, and what it means", _table("metrics", columns, rows))


def _footer(made_at: datetime) -> Markup:
    return tag(
        "footer",
        f"Made by PatchPilot Analytics {__version__} on {moment(made_at)} UTC. This file is complete: "
        "it loads nothing and sends nothing.",
    )


def _section(title: str, *content: object) -> Markup:
    return tag("section", tag("h2", title), *content)


def _table(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Markup:
    """Return a table; the labels on its cells serve where it is too narrow to be one."""
    head = tag("tr", *(tag("th", column, scope="col") for column in columns))
    body = (
        tag(
            "tr",
            *(
                tag("td", cell, data_label=column)
                for column, cell in zip(columns, row, strict=True)
            ),
        )
        for row in rows
    )
    return tag("table", tag("thead", head), tag("tbody", *body), id=name)

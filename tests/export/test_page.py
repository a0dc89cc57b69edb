"""The exported page: complete, self-contained, and deaf to what traces would like it to do."""

import json
import re
from base64 import b64encode
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

from analytics.errors import InputError, UnknownNameError
from analytics.export import page
from analytics.metrics.catalog import CATALOG
from analytics.overview import Overview, Scope, overview, selection
from analytics.overview.scope import PERIODS
from analytics.render import seconds
from analytics.store import tables
from analytics.store.reader import Reader
from analytics.sync import StoreChoice
from dashboard import share
from tests.export.conftest import HOSTILE

NOW = datetime(2026, 11, 20, 12)
OURS = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "article",
    "h1", "h2", "p", "div", "figure", "figcaption", "strong", "table", "thead", "tbody", "tr", "th", "td",
    "script",
}  # fmt: skip


class Document(HTMLParser):
    """What a browser finds in a page: elements, attributes, scripts, and the text of every cell."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.cards: dict[str, str] = {}
        self._path: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        if tag == "meta":
            return
        self._path.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append((dict(attrs), ""))
        if tag == "table":
            self.tables[str(dict(attrs)["id"])] = []
        if tag == "tr":
            next(reversed(self.tables.values())).append([])
        if tag in ("td", "th"):
            next(reversed(self.tables.values()))[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._path.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        names = [tag for tag, _ in self._path]
        if names[-1:] == ["script"]:
            attributes, text = self.scripts[-1]
            self.scripts[-1] = attributes, text + data
        if names[-1:] == ["td"]:
            next(reversed(self.tables.values()))[-1][-1] += data
        if names[-1:] == ["p"] and self._path[-1][1].get("class") == "value":
            self.cards[str(self._path[-2][1]["data-metric"])] = data


@pytest.fixture(scope="module")
def shown(store: Path) -> Overview:
    reader = Reader(store)
    found = overview(reader, Scope(period=PERIODS["all"]))
    reader.close()
    return found


@pytest.fixture(scope="module")
def fixes(store: Path, shown: Overview) -> tables.Page:
    reader = Reader(store)
    with tables.consistent(reader) as con:
        rows = selection(shown.scope, shown.window).apply(con.table("fixes"))
        found = tables.fixes(rows, limit=page.FIXES_SHOWN)
    reader.close()
    return found


@pytest.fixture(scope="module")
def document(shown: Overview, fixes: tables.Page) -> Document:
    return Document(page.render(shown, share.figures(shown), fixes, made_at=NOW))


def test_the_cards_are_the_metrics(shown: Overview, document: Document):
    assert document.cards == {
        each.card.name: each.card.value for each in (*shown.first, *shown.second)
    }


def test_every_metric_is_defined(document: Document):
    assert {(row[0], row[4]) for row in document.tables["metrics"][1:]} == {
        (metric.title, metric.doc) for metric in CATALOG
    }


def test_every_bug_is_there(fixes: tables.Page, document: Document):
    told = document.tables["fixes"][1:]
    assert len(told) == fixes.total == len(fixes.rows) > len(HOSTILE)
    assert [row[:1] for row in told] == [[outcome] for outcome in fixes.rows["outcome"]]
    texts = {row[1] for row in told}
    assert texts >= {text for text in HOSTILE if text}


def test_a_bug_that_was_not_fixed_has_no_time_to_fix(fixes: tables.Page, document: Document):
    told = [row[4] for row in document.tables["fixes"][1:]]
    words = {"fixed": "{}", "given up": "gave up after {}", "open": "{} so far"}
    pairs = fixes.rows.select("outcome", "observed_s").rows()
    assert told == [words[outcome].format(seconds(took)) for outcome, took in pairs]
    assert {outcome for outcome, _ in pairs} == set(words)


def test_a_chart_says_what_it_leaves_out(shown: Overview, fixes: tables.Page):
    series = replace(shown.series, fix_points=shown.series.fix_points.head(5), agents_left_out=1)
    less = replace(shown, series=series)
    text = page.render(less, share.figures(less), fixes, made_at=NOW)
    assert f"The newest 5 of {fixes.total} bugs." in text
    assert "and 1 more agent<" in text
    whole = page.render(shown, share.figures(shown), fixes, made_at=NOW)
    assert not re.search(r"The newest \d+ of|more agent", whole)


def test_a_longer_list_says_that_it_is_cut(shown: Overview, fixes: tables.Page):
    few = replace(fixes, rows=fixes.rows.head(2))
    text = page.render(shown, [], few, made_at=NOW)
    assert f"The newest 2 of {fixes.total}" in text
    assert len(Document(text).tables["fixes"]) == 1 + 2


def test_text_from_traces_stays_text(document: Document):
    assert document.tags <= OURS
    names = {name for name, _ in document.attributes}
    assert not [name for name in names if name.startswith("on")]
    assert not names & {"src", "href", "srcdoc", "action", "style"}


def test_only_the_own_scripts_may_run(document: Document):
    attributes = [value for name, value in document.attributes if name == "content"]
    policy = next(value for value in attributes if value and value.startswith("default-src 'none'"))
    running = [text for told, text in document.scripts if told.get("type") is None]
    assert len(running) == 2
    hashes = [f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in running]
    assert f"script-src {' '.join(hashes)};" in policy
    assert "unsafe-eval" not in policy
    assert "http" not in policy


def test_the_charts_carry_their_data(shown: Overview, document: Document):
    specs = [
        (text, json.loads(text))
        for told, text in document.scripts
        if told.get("type") == "application/json"
    ]
    assert len(specs) == sum(figure.spec is not None for figure in share.figures(shown)) > 5
    for text, spec in specs:
        assert spec["datasets"]
        assert not re.search("[<>&\u2028\u2029]", text)
    assert any("</script>" in json.dumps(spec) for _, spec in specs)


def test_a_store_without_runs_makes_a_page_without_scripts(tmp_path: Path):
    reader = Reader(tmp_path / "store")
    shown = overview(reader, Scope())
    text = page.render(
        shown, share.figures(shown), tables.Page(rows=pl.DataFrame(), total=0), made_at=NOW
    )
    reader.close()
    empty = Document(text)
    assert not empty.scripts
    assert set(empty.cards.values()) <= {"—", "0"}
    assert "script-src ;" in text
    assert "Demo." not in text


def test_demo_says_that_it_is_demo(shown: Overview, fixes: tables.Page):
    demo = replace(shown, facts=replace(shown.facts, demo=True))
    assert "bundled demo traces" in page.render(demo, [], fixes, made_at=NOW)
    assert "bundled demo traces" not in page.render(shown, [], fixes, made_at=NOW)


def test_folders_of_the_machine_are_not_told(store: Path, tmp_path: Path):
    size = share.write_page(StoreChoice(path=store, demo=False), tmp_path / "new" / "page.html")
    text = (tmp_path / "new" / "page.html").read_text()
    assert size == (tmp_path / "new" / "page.html").stat().st_size
    assert "traces.jsonl" in text
    assert str(store.parent) not in text


def test_a_page_that_cannot_be_written_leaves_what_was_there(store: Path, tmp_path: Path):
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "folder.html" / "mine").write_text("")
    choice = StoreChoice(path=store, demo=False)
    with pytest.raises(InputError, match=r"cannot write .*folder\.html"):
        share.write_page(choice, tmp_path / "folder.html")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.html"]
    with pytest.raises(UnknownNameError, match="Did you mean '28d'"):
        share.write_page(choice, tmp_path / "page.html", "28")

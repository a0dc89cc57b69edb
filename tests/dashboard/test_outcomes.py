"""The page of outcomes: its cards, its contradictions, and what it says the last import changed."""

import json
import re
from pathlib import Path

import pytest

from analytics import sync
from dashboard import outcome_reading, pages, reading
from dashboard import outcomes as outcomes_page
from dashboard.outcome_reading import PAGE_ROWS, ConflictView
from tests.dashboard.conftest import NEWEST, TmpPaths
from tests.dashboard.test_notebooks import Tags, run
from tests.dashboard.traces import HOSTILE, Run, write

RUNS = 24


@pytest.fixture(scope="session")
def contradicted(tmp_path_factory: TmpPaths) -> Path:
    """Runs that say they fixed their bug, and a report that says otherwise of all but two."""
    folder = tmp_path_factory.mktemp("contradicted")
    file = write(folder / "calls.jsonl", [Run(at=NEWEST) for _ in range(RUNS)])
    sync.import_paths(folder / "store", [str(file)])
    report = folder / "report.json"
    report.write_text(json.dumps({f"run-{number:05}": False for number in range(2, RUNS)}))
    assert sync.verify(folder / "store", [str(report)]).verified.runs == RUNS - 2
    return folder / "store"


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: TmpPaths) -> Path:
    """Runs and a report whose every text tries to become markup."""
    folder = tmp_path_factory.mktemp("hostile-report")
    runs = [
        Run(at=NEWEST, bug=(text, text, text, text, 1), variant=text, model=text)
        for text in HOSTILE
    ]
    sync.import_paths(folder / "store", [str(write(folder / "calls.jsonl", runs))])
    report = folder / "<img src=x onerror=window.pwned=1>.json"
    told = [{"task": text, "passed": False, "evidence": text} for text in HOSTILE]
    report.write_text(json.dumps(told))
    sync.verify(folder / "store", [str(report)])
    return folder / "store"


def shown(html: str, anchor: str) -> str:
    """Return the text of one part of the page."""
    part = html[html.index(f'id="{anchor}"') :]
    return re.sub(r"<[^>]+>", " ", part)


def test_every_cell_runs(any_store: Path):
    assert "PatchPilot" in run(outcomes_page, any_store)


def test_the_cards_say_what_was_verified_and_of_how_many(contradicted: Path):
    html = run(outcomes_page, contradicted)
    for name, value in {
        "verified_pass_rate": f"2 of {RUNS} runs that are over",
        "pass_rate": f"2 of {RUNS} runs with a known outcome",
        "claim_refuted_rate": f"{RUNS - 2} of {RUNS} checked claims",
        "infra_failure_rate": f"0 of {RUNS} runs that are over",
    }.items():
        card = re.search(rf'data-metric="{name}".*?</article>', html, re.DOTALL)
        assert card, name
        assert value in card[0]


def test_what_the_last_import_changed_is_told(contradicted: Path):
    told = " ".join(shown(run(outcomes_page, contradicted), "last-import").split())
    assert f"Outcomes flipped {RUNS - 2}" in told
    assert f"tests: {RUNS - 2} new, 0 changed, 0 withdrawn" in told
    assert "pass → fail" in told
    assert f"and {RUNS - 2 - 10} more runs" in told
    assert "Verified pass rate 100 % 8.3 %" in told


def test_contradictions_are_paged_and_filtered_by_the_server(contradicted: Path):
    version = reading.reader(contradicted).poll()

    def look(**more: object):
        return outcome_reading.contradictions(contradicted, version, ConflictView(**more))  # pyright: ignore[reportArgumentType]

    whole = look()
    assert dict(whole.kinds)["report, against the agent"] == RUNS - 2
    seen = {tuple(row) for page in range(10) for row in look(page=page).found.rows.iter_rows()}
    assert len(seen) == whole.found.total == sum(n for _, n in whole.kinds)
    one = look(kind="report, against the agent", page=99)
    assert one.found.total == RUNS - 2
    assert len(one.found.rows) == (RUNS - 2) % PAGE_ROWS or PAGE_ROWS
    assert one.page == (RUNS - 3) // PAGE_ROWS
    assert look(kind="no such").found.total == 0


def test_an_address_can_ask_for_one_kind(contradicted: Path):
    view = ConflictView(kind="report, against its checks")
    html = run(outcomes_page, contradicted, first_view=view, is_live=True)
    table = html[html.index('aria-label="Contradictions"') : html.index('id="last-import"')]
    assert "report, against its checks" in table
    assert "report, against the agent" not in table.partition("</table>")[0]


def test_live_controls_are_there_and_only_there(contradicted: Path):
    view = ConflictView()
    live = run(outcomes_page, contradicted, first_view=view, is_live=True)
    printed = run(outcomes_page, contradicted, first_view=view, is_live=False)
    for control in ("marimo-refresh", "marimo-dropdown", "marimo-button"):
        assert f"<{control}" in live
        assert f"<{control}" not in printed


def test_without_a_contradiction_the_page_says_so(full_store: Path):
    assert "Nothing contradicts itself" in run(outcomes_page, full_store)


def test_an_empty_store_says_what_to_run(empty_store: Path):
    html = run(outcomes_page, empty_store)
    assert "No traces yet." in html
    assert 'data-metric="pass_rate"' not in html
    assert "Contradictions" not in shown(html, "top").partition("No traces yet.")[2]


def test_hostile_texts_stay_texts(hostile: Path):
    html = run(outcomes_page, hostile)
    seen = Tags()
    seen.feed(html)
    assert not seen.names & {"script", "img", "iframe", "object", "embed", "base", "link", "style"}
    assert not {name for name in seen.attributes if name.startswith("on")}
    allowed = ("#", *(pages.address(page.path, "/outcomes") for page in pages.PAGES))
    assert not {link for link in seen.links if not link.startswith(allowed)}
    assert "&lt;script&gt;window.pwned" in html
    assert all(text not in html for text in HOSTILE if text.startswith(("<script", "<img")))

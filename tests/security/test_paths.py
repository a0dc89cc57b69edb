"""No argument, and no link that somebody planted, makes a command read or write where nobody told it to."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from analytics import sync
from analytics.cli import main
from analytics.export.tables import FORMATS, export_tables
from analytics.store.backup import backup
from dashboard.share import write_page
from tests.dashboard import traces

PRECIOUS = "precious"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("paths")
    runs = traces.history(2, until=datetime.now(UTC).replace(tzinfo=None))
    sync.import_paths(folder / "store", [str(traces.write(folder / "t.jsonl", runs))])
    return folder / "store"


@pytest.mark.parametrize("kind", FORMATS)
def test_an_export_takes_the_place_of_a_link_and_never_follows_it(
    kind: str, store: Path, tmp_path: Path
):
    precious = tmp_path / "precious.txt"
    precious.write_text(PRECIOUS)
    out = tmp_path / "out"
    names = [each.file.name for each in export_tables(store, tmp_path / "first", kind)]
    out.mkdir()
    for name in (*names, ".patchpilot-export.json"):
        (out / name).symlink_to(precious)
    export_tables(store, out, kind)
    assert precious.read_text() == PRECIOUS
    assert not [name for name in names if (out / name).is_symlink()]


def test_a_page_takes_the_place_of_a_link_and_never_follows_it(store: Path, tmp_path: Path):
    precious = tmp_path / "precious.txt"
    precious.write_text(PRECIOUS)
    page = tmp_path / "page.html"
    page.symlink_to(precious)
    write_page(sync.StoreChoice(path=store, demo=False), page)
    assert precious.read_text() == PRECIOUS
    assert not page.is_symlink()


STRANGE = ("../../nowhere/x", "/proc/self/mem", "x" * 5000)
COMMANDS = {
    "import": ["import"],
    "map": ["map"],
    "mapping": ["import", "FILE", "--map"],
    "semantics": ["import", "FILE", "--semantics"],
    "reports": ["verify", "--reports"],
    "prices": ["prices", "--set"],
    "repository": ["code", "--repo"],
    "backup": ["backup"],
    "restored": ["restore", "--store", "new"],
}
TAKEN = ("/proc/self/mem", "/dev/null/x", "x" * 5000, "LINK", "LINK/below")
PLACES = {"restore": ["restore", "SAVED", "--store"], "copy": ["store", "copy", "--to"]}


@pytest.mark.parametrize("path", STRANGE, ids=["nowhere", "memory", "long"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_strange_path_is_one_sentence(
    command: str, path: str, store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    monkeypatch.chdir(tmp_path)
    file = str(store.parent / "t.jsonl")
    name, *rest = [file if part == "FILE" else part for part in COMMANDS[command]]
    code = main([name, "--store", str(store), *rest, path])
    said = capsys.readouterr()
    assert code == 1, said
    assert said.err.startswith("patchpilot: ")
    assert "Traceback" not in said.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", TAKEN, ids=["memory", "device", "long", "link", "below a link"])
@pytest.mark.parametrize("command", PLACES)
def test_no_store_is_made_where_something_else_is(
    command: str, path: str, store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    monkeypatch.chdir(tmp_path)
    precious = tmp_path / "precious.txt"
    precious.write_text(PRECIOUS)
    (tmp_path / "link").symlink_to(precious)
    saved = store.parent / "saved.zip"
    if not saved.exists():
        backup(store, saved)
    name, *rest = [str(saved) if part == "SAVED" else part for part in PLACES[command]]
    code = main([name, "--store", str(store), *rest, path.replace("LINK", "link")])
    said = capsys.readouterr()
    assert code == 1, said
    assert said.err.startswith("patchpilot: ")
    assert "Traceback" not in said.err
    assert precious.read_text() == PRECIOUS
    assert {each.name for each in tmp_path.iterdir()} == {"link", "precious.txt"}

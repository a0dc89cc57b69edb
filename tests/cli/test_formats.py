"""What the command line says of formats, and of many files at once."""

import io
import tarfile
from pathlib import Path

import pytest

from analytics.sources import GIVES
from analytics.sources.formats import FORMATS
from tests.cli.conftest import command_line, patchpilot
from tests.sync.test_growth import call


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def many(folder: Path, sound: int, broken: int) -> Path:
    folder.mkdir()
    for number in range(sound):
        (folder / f"{number:03}.jsonl").write_text(call(number) + "\n")
    for number in range(broken):
        (folder / f"broken-{number}.json").write_text("{")
    return folder


def test_the_formats_are_listed_with_what_they_give():
    done = command_line("formats")
    assert done.returncode == 0
    head, *lines = done.stdout.splitlines()
    assert head.split() == ["name", "format", *GIVES]
    assert [line.split()[0] for line in lines] == [entry.name for entry in FORMATS]
    for line, entry in zip(lines, FORMATS, strict=True):
        gives = entry.gives
        assert line.split()[-len(GIVES) :] == ["yes" if each in gives else "no" for each in GIVES]


def test_of_a_few_files_each_is_told(tmp_path: Path, store: Path):
    done = command_line("import", many(tmp_path / "traces", 3, 0), "--store", store)
    told = [line for line in done.stderr.splitlines() if "weave-jsonl" in line]
    assert len(told) == 3


def test_of_many_files_those_alike_are_told_together(tmp_path: Path, store: Path):
    folder = many(tmp_path / "traces", 30, 0)
    (folder / "wal.jsonl").write_text('{"type":"call_start","req":{}}\n' + call(40) + "\n")
    done = command_line("import", folder, "--store", store)
    told = [line for line in done.stderr.splitlines() if "weave-" in line and "note" not in line]
    assert f"{folder}/000.jsonl and 29 more: weave-jsonl (" in done.stderr
    assert f"{folder}/wal.jsonl: weave-wal (" in done.stderr
    assert len([line for line in told if not line.startswith("rejected")]) == 2


def test_files_that_cannot_be_read_are_counted_rejects(tmp_path: Path, store: Path):
    folder = many(tmp_path / "traces", 2, 7)
    done = command_line("import", folder, "--store", store)
    assert done.returncode == 0
    assert done.stdout.startswith("2 new, 0 changed, 0 unchanged, 7 rejected calls;")
    assert f"rejected: {folder}/broken-0.json: " in done.stderr
    assert "rejected: 2 more, see table rejects" in done.stderr


def test_an_import_of_which_nothing_could_be_read_fails(tmp_path: Path, store: Path):
    done = command_line("import", many(tmp_path / "traces", 0, 3), "--store", store)
    assert done.returncode == 1
    assert "3 rejected" in done.stdout


def test_the_members_of_an_archive_are_told_by_name(tmp_path: Path, store: Path):
    path = tmp_path / "x.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, text in (("a.jsonl", call(1) + "\n"), ("b.json", "{"), ("../c.jsonl", call(2))):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    done = command_line("import", path, "--store", store)
    assert done.returncode == 0
    assert done.stdout.startswith("1 new, 0 changed, 0 unchanged, 2 rejected calls;")
    assert f"{path}/a.jsonl: weave-jsonl (" in done.stderr
    assert f"rejected: {path}/b.json: " in done.stderr
    assert f"rejected: {path}/../c.jsonl: its path leads out of the archive" in done.stderr
    assert not (tmp_path / "c.jsonl").exists()


def test_an_archive_on_standard_input_is_opened(tmp_path: Path, store: Path):
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as archive:
        info = tarfile.TarInfo("a.jsonl")
        info.size = len(call(1))
        archive.addfile(info, io.BytesIO(call(1).encode()))
    done = patchpilot("import", "-", "--store", store, stdin=path.read_text())
    assert "standard input/a.jsonl: weave-jsonl (" in done.stderr


def test_a_misspelt_format_is_told_once(tmp_path: Path, store: Path):
    folder = many(tmp_path / "traces", 3, 0)
    done = command_line("import", folder, "--format", "weave-jsnl", "--store", store)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert "Did you mean 'weave-jsonl'?" in done.stderr


@pytest.mark.parametrize("name", [entry.name for entry in FORMATS if entry.name != "weave-jsonl"])
def test_what_is_not_of_the_format_that_it_is_taken_for_is_said(
    name: str, tmp_path: Path, store: Path
):
    file = tmp_path / "all.jsonl"
    file.write_text(call(1) + "\n")
    done = command_line("import", file, "--format", name, "--store", store)
    assert done.returncode == 1
    assert file.name in done.stderr
    assert "0 rejected" not in done.stdout

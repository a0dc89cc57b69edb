"""What runs did to the code, against real git repositories."""

import json
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from analytics import doctor, ledger, repository
from analytics.errors import InputError, UnknownNameError
from analytics.ledger import telling
from analytics.store import lake, tables
from dashboard import changed, explored
from tests.chain import bring, numbers, reading


def git(repo: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", repo, "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments],
        check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip


def commit(repo: Path, message: str) -> str:
    git(repo, "add", "--all")
    git(repo, "commit", "--quiet", "--message", message)
    return git(repo, "rev-parse", "HEAD")


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "kept.py").write_text("one\ntwo\nthree\n")
    (folder / "old.py").write_text("old\n")
    commit(folder, "Begin")
    return folder


def run(run_id: str, **attributes: object) -> dict[str, object]:
    return {
        "id": run_id, "project_id": "acme/shop", "op_name": "record.run", "trace_id": run_id,
        "parent_id": None, "started_at": "2026-03-02T10:00:00Z", "ended_at": "2026-03-02T10:05:00Z",
        "attributes": attributes, "inputs": {}, "output": {}, "summary": {},
    }  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def told(store: Path, *raws: dict[str, object], repo: Path, **more):
    with lake.writer(store) as con:
        bring(con, store, raws)
        return repository.read(con, repo, **more)


def test_a_run_is_found_by_its_commit_and_by_its_name(repo: Path, store: Path):
    (repo / "kept.py").write_text("one\n2\nthree\nfour\n")
    (repo / "new file.py").write_text("a\nb\n")
    (repo / "old.py").unlink()
    first = commit(repo, "Fix the cart")
    (repo / "kept.py").write_text("one\n2\n3\nfour\n")
    commit(repo, "Fix more\n\nRun: run-b\n")
    report = told(store, run("run-a", commit_sha=first[:10]), run("run-b"), run("run-c"), repo=repo)
    found = {one.run_id: one for one in report.runs}
    assert set(found) == {"run-a", "run-b"}
    a, b = found["run-a"], found["run-b"]
    assert (a.files_created, a.files_modified, a.files_deleted) == (1, 1, 1)
    assert (a.lines_added, a.lines_removed, a.commits) == (4, 2, 1)
    assert (b.files_created, b.files_modified, b.files_deleted) == (0, 1, 0)
    assert (b.lines_added, b.lines_removed, b.commits) == (1, 1, 1)
    measured = numbers(store)[()]
    assert (measured["lines_added"].value, measured["lines_added"].n) == (5, 2)
    assert (measured["commits"].value, measured["files_created"].value) == (2, 1)


def test_a_file_that_came_and_went_within_a_run_leaves_nothing(repo: Path, store: Path):
    (repo / "draft.py").write_text("x\n")
    commit(repo, "run-a: try")
    (repo / "draft.py").unlink()
    commit(repo, "again, run-a")
    (one,) = told(store, run("run-a"), repo=repo).runs
    assert (one.files_created, one.files_modified, one.files_deleted, one.commits) == (0, 0, 0, 2)


def test_merges_count_what_they_brought_and_other_branches_are_read(repo: Path, store: Path):
    git(repo, "switch", "--quiet", "--create", "agent")
    (repo / "kept.py").write_text("one\ntwo\nthree\nfour\n")
    commit(repo, "work of (run-a)")
    git(repo, "switch", "--quiet", "main")
    (one,) = told(store, run("run-a"), repo=repo).runs
    assert (one.lines_added, one.commits) == (1, 1)


@pytest.mark.parametrize("name", repository.COVERAGE_FILES)
def test_coverage_belongs_to_the_run_that_is_checked_out(repo: Path, store: Path, name: str):
    (repo / "kept.py").write_text("one\n")
    head = commit(repo, "Work")
    text = json.dumps({"totals": {"percent_covered": 87.5}})
    (repo / name).write_text(
        text if name.endswith("json") else '<?xml version="1.0"?>\n<coverage line-rate="0.875">'
    )
    report = told(store, run("run-a", commit_sha=head), run("run-b"), repo=repo)
    assert (report.coverage, report.coverage_of) == (0.875, "run-a")
    with reading(store) as cursor:
        rows = dict(cursor.execute("SELECT run_id, coverage FROM runs").fetchall())
    assert rows == {"run-a": 0.875, "run-b": None}


def test_coverage_can_be_put_down_to_a_run_by_name(repo: Path, store: Path, tmp_path: Path):
    file = tmp_path / "c.json"
    file.write_text('{"totals": {"percent_covered": 50.0}}')
    report = told(store, run("run-a"), repo=repo, coverage=file, run_id="run-a")
    (one,) = report.runs
    assert (one.coverage, one.commits) == (0.5, 0)
    with reading(store) as cursor:
        assert cursor.execute("SELECT coverage, lines_added, commits FROM runs").fetchall() == [
            (0.5, None, None)
        ]
    with pytest.raises(UnknownNameError, match="unknown run 'run-x'"):
        told(store, repo=repo, coverage=file, run_id="run-x")


def test_reading_twice_changes_nothing(repo: Path, store: Path):
    commit_sha = git(repo, "rev-parse", "HEAD")
    first = told(store, run("run-a", commit_sha=commit_sha), repo=repo)
    assert told(store, repo=repo) == first
    with lake.writer(store) as con:
        assert len(con.table("lake.code_reports")) == 1


def test_what_is_no_repository_is_refused(store: Path, tmp_path: Path, repo: Path):
    with pytest.raises(InputError, match="is no folder"):
        told(store, run("run-a"), repo=tmp_path / "nowhere")
    plain = tmp_path / "plain"
    plain.mkdir()
    with pytest.raises(InputError, match="as a git repository"):
        told(store, repo=plain)
    (repo / "coverage.json").write_text("[]")
    with pytest.raises(InputError, match="holds no coverage"):
        told(store, repo=repo)


def test_nothing_of_the_repository_is_run(repo: Path, store: Path, tmp_path: Path):
    trap = tmp_path / "ran"
    script = tmp_path / "trap.sh"
    script.write_text(f"#!/bin/sh\ntouch {trap}\n")
    script.chmod(0o755)
    for setting in ("diff.external", "core.fsmonitor", "diff.trap.textconv", "diff.trap.command"):
        git(repo, "config", setting, str(script))
    (repo / ".gitattributes").write_text("* diff=trap\n")
    (repo / "kept.py").write_text("1\n")
    subprocess.run(["git", "-C", repo, "add", "--all"], check=True, capture_output=True)
    trap.unlink(missing_ok=True)
    git(repo, "-c", "core.fsmonitor=false", "commit", "--quiet", "--message", "run-a")
    trap.unlink(missing_ok=True)
    told(store, run("run-a"), repo=repo)
    assert not trap.exists()


def test_what_brings_no_records_says_so_wherever_imports_are_told(repo: Path, store: Path):
    told(store, run("run-a", commit_sha=git(repo, "rev-parse", "HEAD")), repo=repo)
    found = ledger.changes(store, now=datetime(2026, 3, 3))
    assert found is not None
    assert found.imported.new is None
    assert "records     — new, — changed, — unchanged, — rejected" in list(telling.lines(found))
    assert "— new, — changed, — unreadable" in str(changed.panel(found))
    assert any("— new, — changed, — rejected, of git" in line for line in doctor.examine(store))
    with lake.opened(store) as con:
        listed = explored.sources(tables.imports(con), tables.rejects(con))
    assert str(listed).count("—") >= 4

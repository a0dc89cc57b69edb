"""What runs did to the code, read from the git repository they worked on: files, lines, commits, coverage.

A commit belongs to a run that names it (fact ``commit_sha``, of the run or of a pipeline), or whose id
stands in the commit's message. Nothing of the repository is executed: no hook, no external diff.
"""

import json
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.errors import InputError, UnknownNameError
from analytics.store import lake

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

COVERAGE_FILES = ("coverage.json", "coverage.xml")
"""Where coverage is looked for in a repository, the first that is there."""

_GIT = (
    "git",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "diff.external=",
)
_LOG = (
    "log",
    "--no-ext-diff",
    "--no-textconv",
    "--no-renames",
    "-m",
    "--first-parent",
    "--root",
    "-z",
)
_SHA = re.compile(r"[0-9a-f]{7,64}")
_WORD = re.compile(r"[^\s,;()\[\]<>\"']+")
_LINE_RATE = re.compile(rb"<coverage\b[^>]*?\bline-rate=\"([0-9.eE+-]{1,30})\"")
_HEAD_BYTES = 65_536


@dataclass(frozen=True, kw_only=True)
class RunCode:
    """What the commits of one run did: one row of ``schema.CODE_REPORTS``."""

    source: str
    run_id: str
    commits: int = 0
    files_created: int = 0
    files_modified: int = 0
    files_deleted: int = 0
    lines_added: int = 0
    lines_removed: int = 0
    coverage: float | None = None


@dataclass(frozen=True, kw_only=True)
class CodeReport:
    """What one reading of a repository found."""

    runs: tuple[RunCode, ...]
    commits_seen: int
    runs_seen: int
    coverage_of: str | None
    """Run that the measured coverage was put down to."""
    coverage: float | None
    """Share of the code that tests cover, as the file in the repository says."""


@dataclass(frozen=True, kw_only=True)
class Commit:
    """One commit: its id, its message, and what it did to each file."""

    sha: str
    message: str
    changes: Mapping[str, tuple[str, int, int]]
    """Path -> A, M or D, lines added, lines removed."""


def read(
    con: "DuckDBPyConnection",
    repo: Path,
    *,
    coverage: Path | None = None,
    run_id: str | None = None,
) -> CodeReport:
    """Read a repository and keep what its commits say of the runs in a store, in one transaction.

    Args:
        con: a connection from ``lake.writer``.
        repo: folder of a git repository.
        coverage: coverage.py's coverage.json, or a coverage.xml; looked for in the repository where None.
        run_id: run that the coverage belongs to; where None, the runs whose last commit is checked out.

    Raises:
        InputError: no repository there, git is missing, or the coverage cannot be read.
        StoreError: the store could not be written; it is as it was.
    """
    commits = list(log(repo))
    runs = con.execute(lake.statement("queries", "run_commits")).fetchall()
    measured = _coverage(repo, coverage)
    if run_id is not None and run_id not in {known for _, known, _ in runs}:
        raise UnknownNameError("run", run_id, [known for _, known, _ in runs])
    head = commits[0].sha if commits else None
    found = []
    covered = None
    for (source, known), own in _assigned(runs, commits).items():
        has_head = any(commit.sha == head for commit in own)
        takes = measured is not None and (known == run_id if run_id else has_head)
        covered = known if takes else covered
        if own or takes:
            found.append(_summed(source, known, own, measured if takes else None))
    report = CodeReport(
        runs=tuple(found),
        commits_seen=len(commits),
        runs_seen=len({known for _, known, _ in runs}),
        coverage_of=covered,
        coverage=measured,
    )
    _keep(con, repo, report)
    return report


def log(repo: Path) -> Iterator[Commit]:
    """Yield every commit that any branch reaches, the checked-out one first.

    Raises:
        InputError: no repository there, or git is missing.
    """
    if not repo.is_dir():
        raise InputError(f"{repo} is no folder. Nothing was changed; name a git repository.")
    head = _git(repo, "rev-parse", "--verify", "--quiet", "HEAD").strip().decode()
    told = _git(repo, *_LOG, "--all", "--format=%x1e%H%x1f%B%x1f", "--raw", "--numstat")
    commits = [
        _commit(part)
        for part in told.decode("utf-8", "replace").split("\x1e")
        if part.strip("\0\n")
    ]
    yield from sorted(commits, key=lambda commit: commit.sha != head)


def _commit(part: str) -> Commit:
    sha, message, rest = part.split("\x1f", 2)
    kinds: dict[str, str] = {}
    counts: dict[str, tuple[int, int]] = {}
    fields = iter(rest.strip("\0\n").split("\0"))
    for entry in fields:
        entry = entry.strip("\n")
        if entry.startswith(":"):
            # Mode and blob of both sides, then the kind; the path is the next field.
            kinds[next(fields, "")] = entry.rsplit(" ", 1)[-1][:1]
        elif entry:
            added, removed, path = entry.split("\t", 2)
            # Of a binary file git counts no lines.
            counts[path] = (
                int(added) if added != "-" else 0,
                int(removed) if removed != "-" else 0,
            )
    return Commit(
        sha=sha,
        message=message,
        changes={path: (kind, *counts.get(path, (0, 0))) for path, kind in kinds.items()},
    )


def _assigned(
    runs: Iterable[tuple[str, str, str | None]], commits: Iterable[Commit]
) -> dict[tuple[str, str], list[Commit]]:
    """Return the commits of every run, each once; a run may name its commit by the first digits."""
    by_name: dict[str, set[tuple[str, str]]] = {}
    by_sha: dict[str, set[tuple[str, str]]] = {}
    owned: dict[tuple[str, str], dict[str, Commit]] = {}
    for source, run_id, sha in runs:
        key = source, run_id
        owned.setdefault(key, {})
        by_name.setdefault(run_id, set()).add(key)
        if sha and _SHA.fullmatch(sha.lower()):
            by_sha.setdefault(sha.lower(), set()).add(key)
    lengths = {len(sha) for sha in by_sha}
    for commit in commits:
        owners = {key for word in _words(commit.message) for key in by_name.get(word, ())}
        for length in lengths:
            owners |= by_sha.get(commit.sha[:length], set())
        for key in owners:
            owned[key][commit.sha] = commit
    return {key: list(found.values()) for key, found in owned.items()}


def _words(message: str) -> Iterator[str]:
    """Yield the words of a message, as they stand and without the sentence around them."""
    for word in _WORD.findall(message):
        yield word
        yield word.rstrip(".:!?")


def _summed(source: str, run_id: str, commits: Iterable[Commit], coverage: float | None) -> RunCode:
    """Add up the commits of one run: lines as they were written, files by what became of them."""
    kinds: dict[str, set[str]] = {}
    commits = list(commits)
    for commit in commits:
        for path, (kind, _, _) in commit.changes.items():
            kinds.setdefault(path, set()).add(kind)
    # Created and deleted again: nothing is left of it.
    return RunCode(
        source=source,
        run_id=run_id,
        commits=len(commits),
        files_created=sum("A" in told and "D" not in told for told in kinds.values()),
        files_deleted=sum("D" in told and "A" not in told for told in kinds.values()),
        files_modified=sum(not told & {"A", "D"} for told in kinds.values()),
        lines_added=sum(added for c in commits for _, added, _ in c.changes.values()),
        lines_removed=sum(removed for c in commits for _, _, removed in c.changes.values()),
        coverage=coverage,
    )


def _coverage(repo: Path, named: Path | None) -> float | None:
    """Return the share of the code that tests cover; None where nobody measured it."""
    file = named or next((repo / name for name in COVERAGE_FILES if (repo / name).is_file()), None)
    if file is None:
        return None
    try:
        raw = file.read_bytes()
    except OSError as fault:
        raise InputError(f"cannot read {file}: {fault.strerror}. Nothing was changed.") from fault
    found = _LINE_RATE.search(raw[:_HEAD_BYTES])
    share: object = float(found[1]) if found else None
    if found is None:
        try:
            share = json.loads(raw)["totals"]["percent_covered"] / 100
        except (ValueError, KeyError, TypeError, RecursionError):
            share = None
    if not isinstance(share, float) or not 0 <= share <= 1:
        raise InputError(
            f"{file} holds no coverage: neither totals.percent_covered of coverage.py's JSON report nor "
            "the line-rate of a coverage.xml. Nothing was changed."
        )
    return share


def _keep(con: "DuckDBPyConnection", repo: Path, report: CodeReport) -> None:
    with lake.transaction(con):
        origin = str(repo.resolve())
        snapshot = lake.snapshot_id(con)
        con.execute(
            lake.statement("statements", "begin_code_import"), [_now(), f"code {repo}", snapshot]
        )
        con.execute("DELETE FROM lake.code_reports WHERE repo = $1", [origin])
        for run in report.runs:
            con.execute(lake.statement("statements", "drop_code_report"), [run.source, run.run_id])
            con.execute(
                lake.statement("statements", "replace_code_report"),
                [
                    run.source, run.run_id, origin, run.commits or None,
                    *(None if run.commits == 0 else getattr(run, name) for name in (
                        "files_created", "files_modified", "files_deleted", "lines_added", "lines_removed",
                    )),
                    run.coverage,
                ],
            )  # fmt: skip


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _git(repo: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(
            [*_GIT, "-C", str(repo), *arguments], capture_output=True, check=False
        )
    except FileNotFoundError as fault:
        raise InputError("git is not installed here. Nothing was changed.") from fault
    if done.returncode not in (0, 1) or (done.returncode == 1 and arguments[0] == "log"):
        reason = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise InputError(
            f"cannot read {repo} as a git repository: {reason[-1] if reason else 'git failed'}. "
            "Nothing was changed."
        )
    return done.stdout

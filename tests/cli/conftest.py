"""A store that the command line made, once for all tests that only ask about it or copy it."""

import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from analytics.cli import main
from tests.sync.test_growth import call

PATCHPILOT = Path(sys.executable).with_name("patchpilot")


def patchpilot(
    *arguments: str | Path, stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command as a user would, in a process of its own."""
    return subprocess.run(
        [PATCHPILOT, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def command_line(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command in this process, which starts no other and imports nothing twice."""
    given = [str(argument) for argument in arguments]
    with redirect_stdout(StringIO()) as said, redirect_stderr(StringIO()) as complained:
        try:
            code = main(given)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
    return subprocess.CompletedProcess(given, code, said.getvalue(), complained.getvalue())


@pytest.fixture(scope="session")
def three_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with three runs: span-0, span-1, span-2. Not to be written to."""
    folder = tmp_path_factory.mktemp("three-runs")
    file = folder / "export.jsonl"
    file.write_text("".join(call(number) + "\n" for number in range(3)))
    assert patchpilot("import", file, "--store", folder / "store").returncode == 0
    return folder / "store"


@pytest.fixture
def store_of_three(three_runs: Path, tmp_path: Path) -> Path:
    """A copy of it to write to."""
    return shutil.copytree(three_runs, tmp_path / "store")

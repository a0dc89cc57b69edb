"""Stores whose texts are chosen to break out of whatever they are put into."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analytics import sync
from tests.dashboard import traces

HOSTILE = (
    "=HYPERLINK(\"http://evil.example\",\"x\")",
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1)",
    "\tafter a tab",
    "\rafter a return",
    "\nafter a line break",
    "'already quoted",
    "''twice",
    "</script><script>window.hacked = 1</script>",
    "<img src=x onerror=\"window.hacked = 2\">",
    "a \"quoted\", comma;\r\nand lines",
    "\u2028\u2029\ufeff\U0001f600",
    "",
    " ",
    "NULL",
    "--><!--",
    "${window.hacked = 3} {{constructor.constructor('window.hacked = 4')()}}",
)  # fmt: skip


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some days of runs, and one run for each hostile text, which stands in every field there is."""
    folder = tmp_path_factory.mktemp("exported")
    now = datetime.now(UTC).replace(tzinfo=None)
    hostile = [
        traces.Run(
            at=now - timedelta(hours=number + 1),
            bug=(text, text, text, text, 7),
            variant=text,
            model=text or "m",
        )
        for number, text in enumerate(HOSTILE)
    ]
    plain = traces.history(4, until=now)
    file = traces.write(folder / "traces.jsonl", [*plain, *hostile, *traces.running(now)])
    with file.open("a") as out:
        out.write("=this is no JSON\n")
    sync.import_paths(folder / "store", [str(file)])
    changed = [replace(run, attempts=run.attempts + 1) for run in hostile[:3]]
    sync.import_paths(folder / "store", [str(traces.write(folder / "more.jsonl", changed))])
    return folder / "store"

"""Run the shop's tests in a process of their own and read the result as values."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from selfheal.workspace import Workspace

PROBE = Path(__file__).with_name("probe.py")
TIME_LIMIT_S = 60.0
HELPERS = ("shop/tests/browser.py", "shop/tests/case.py")


@dataclass(frozen=True)
class Frame:
    """One line of a traceback."""

    file: str
    line: int
    function: str


@dataclass(frozen=True)
class Failure:
    """One failed test."""

    test_id: str
    error_type: str
    message: str
    frames: tuple[Frame, ...]

    @property
    def origin(self) -> Frame | None:
        """The innermost line of the shop itself; None where a test's assertion failed."""
        if not self.frames or self.frames[-1].file.startswith("shop/tests/"):
            return None
        return self.frames[-1]

    @property
    def signature(self) -> str:
        """What failures of one cause have in common."""
        if self.origin:
            return f"{self.error_type} in {self.origin.file}:{self.origin.function}"
        if self.frames and self.frames[-1].file in HELPERS:
            said = re.sub(r"\?\S+", "", self.message)
            return f"{self.error_type}: {re.sub(r'[0-9]+', 'N', said)}"
        return f"{self.error_type} in {self.test_id.rpartition('.')[0]}"

    @property
    def bug_id(self) -> str:
        """A short stable name for the signature."""
        return "bug-" + hashlib.sha256(self.signature.encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Report:
    """One run of the suite; ``covered`` holds (file, line) per test, line 0 for a file read."""

    passed: frozenset[str]
    failures: tuple[Failure, ...]
    covered: dict[str, frozenset[tuple[str, int]]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many tests ran."""
        return len(self.passed) + len(self.failures)

    def bugs(self) -> dict[str, list[Failure]]:
        """The failures grouped by what seems to be one cause."""
        found: dict[str, list[Failure]] = {}
        for failure in sorted(self.failures, key=lambda each: each.test_id):
            found.setdefault(failure.bug_id, []).append(failure)
        return found


def read_record(record: dict[str, Any]) -> Failure:
    """A failed record of the probe."""
    frames = tuple(Frame(**each) for each in record["frames"])
    return Failure(record["test_id"], record["error_type"], record["message"], frames)


def run_suite(
    workspace: Workspace,
    seed: int | None = None,
    only: Collection[str] | None = None,
    coverage: bool = False,
) -> Report:
    """Run all tests, or those named, in the order that the seed gives.

    A suite that does not end is one failure named ``suite``.
    """
    wanted = {"seed": seed, "only": sorted(only) if only is not None else None}
    environment = {
        **{name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ},
        # The order of sets is as much a part of the order of a run as that of its tests.
        "PYTHONHASHSEED": str(seed or 0),
        "PYTHONPATH": str(workspace.import_root),
    }
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-S", "-B", PROBE, json.dumps({**wanted, "coverage": coverage})],
            cwd=workspace.root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT_S,
            check=True,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        return Report(frozenset(), (Failure("suite", type(error).__name__, "", ()),))
    records = json.loads(done.stdout)
    return Report(
        frozenset(each["test_id"] for each in records if each["passed"]),
        tuple(read_record(each) for each in records if not each["passed"]),
        {
            each["test_id"]: frozenset((file, line) for file, line in each.get("covered", []))
            for each in records
        },
    )

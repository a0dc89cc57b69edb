"""Runs one task in a process of its own, and says what the whole process cost. Measures nothing else."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

_NOT_PASSED_ON = ("PATCHPILOT_STORE", "PYTHONDONTWRITEBYTECODE")


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What one process took, from its start to its end, Python's own start included."""

    wall_s: float
    cpu_s: float
    """User and system time of all its threads, and of the processes that it waited for."""
    peak_bytes: int
    told: dict[str, Any]
    """What the task found out by itself."""


class TaskFailed(RuntimeError):
    """A task ended with an error; the text is what it wrote on standard error."""


def environment() -> dict[str, str]:
    """Return the variables under which a task finds this checkout, and no store of the user's.

    What it imports is compiled once, as after a first use: where Python may not keep that, each start
    takes a second or two longer.
    """
    path = os.pathsep.join((str(ROOT), str(ROOT / "scripts")))
    kept = {name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON}
    return kept | {"PYTHONPATH": path}


def run(task: str, *arguments: object) -> Spent:
    """Run a function of ``benchmark.tasks``.

    This process should stay small: what it holds counts into the peak of what it starts.

    Raises:
        TaskFailed: it did not come to its end.
    """
    return run_module(sys.executable, "benchmark.tasks", task, *arguments)


def run_module(
    python: str | Path, module: str, *arguments: object, more: Mapping[str, str] | None = None
) -> Spent:
    """Run a module that prints JSON in its last line, with some Python and more variables.

    Raises:
        TaskFailed: it did not come to its end.
    """
    began = perf_counter()
    process = subprocess.Popen(
        [python, "-m", module, *map(str, arguments)],
        env=environment() | dict(more or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    told = process.stdout.read()
    faults = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    process.stderr.close()
    if process.returncode:
        said = " ".join(map(str, (module, *arguments[:1])))
        raise TaskFailed(f"{said}: {faults.strip()[-2000:]}")
    return Spent(
        wall_s=wall_s,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_bytes=usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        told=json.loads(told.splitlines()[-1]),
    )

"""Real runs of the reference agents, logged by the real SDK to a real Weave server on loopback."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from weave_server.launch import client_env, running_server

ROOT = Path(__file__).resolve().parents[3]
PATCHPILOT = Path(sys.executable).with_name("patchpilot")
PROJECT = "acme/shop"
RUNS = (("BUG-001", "v1-blind"), ("BUG-002", "v3-learned"), ("BUG-003", "v2-ranked"))


@dataclass(frozen=True, kw_only=True)
class Logged:
    """A project on the server: where it is, and what was logged to it."""

    environment: dict[str, str]
    told: list[dict[str, Any]]
    """What each run said of itself on standard output."""
    calls: list[dict[str, Any]]
    """Every call of the project as the server tells it, asked for without our code."""

    def patchpilot(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run the command line as a user of that server would."""
        return subprocess.run(
            [PATCHPILOT, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Logged]:
    """Three runs of the agents, each in its own process."""
    home = tmp_path_factory.mktemp("home")
    with running_server() as base_url:
        environment = {**os.environ, **client_env(base_url, home)}
        told = [_run(task, variant, environment) for task, variant in RUNS]
        yield Logged(environment=environment, told=told, calls=_calls(base_url))


def _run(task: str, variant: str, environment: dict[str, str]) -> dict[str, Any]:
    script = ROOT / "scripts" / "selfheal" / "run.py"
    command = [sys.executable, script, "--project", PROJECT, "--task", task, "--variant", variant]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    # The SDK has its own words on standard output, and no say in where they stand.
    return next(json.loads(line) for line in done.stdout.splitlines() if line.startswith("{"))


def _calls(base_url: str) -> list[dict[str, Any]]:
    body = json.dumps({"project_id": PROJECT, "include_feedback": True, "include_costs": True})
    body = json.dumps({"project_id": PROJECT, "include_feedback": True, "include_costs": True})
    request = urllib.request.Request(
        f"{base_url}/calls/stream_query", body.encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return [json.loads(line) for line in answer]

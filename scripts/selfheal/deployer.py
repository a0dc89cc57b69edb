"""The agent that starts the patched shop and asks whether it is well."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import Any

from analytics import record
from selfheal.workspace import Workspace

HEALTHY_WITHIN_S = 20.0


class Deployer:
    """Starts the shop of a copy on loopback, for as long as the health check takes."""

    def __init__(self, workspace: Workspace) -> None:
        """Deploy this copy."""
        self.workspace = workspace

    @record.step(op="Deployer.deploy")
    def deploy(self, task: str) -> dict[str, Any]:
        """Whether the shop came up and answered well, and after how many seconds."""
        started = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-P", "-S", "-B", "-m", "selfheal.shop.serve"],
            cwd=self.workspace.root,
            env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(self.workspace.import_root)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            well = bool(port) and all(answers(port, each) for each in ("/health", "/", "/cart"))
            seconds = round(time.monotonic() - started, 3)
        finally:
            process.kill()
            process.communicate()
        return {"deployed": well, "deployment_time_s": seconds if well else None}


def answers(port: str, address: str) -> bool:
    """Whether a page of the shop is delivered."""
    try:
        with urllib.request.urlopen(
            f"http://127.0.0.1:{port}{address}", timeout=HEALTHY_WITHIN_S
        ) as response:
            return response.status == 200
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False

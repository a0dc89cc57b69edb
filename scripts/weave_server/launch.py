"""Start the trace server of ``server.py`` in its own environment, and stop it again.

The server's Weave is older than the SDK that it serves, hence a second virtual environment. It is
made at first use under ``.cache/weave-server-venv`` (or where PATCHPILOT_WEAVE_SERVER_VENV says),
from the hashed pins of ``requirements/weave-server.txt``, and made anew when those change.

Usage: python scripts/weave_server/launch.py [--prepare]
"""

import argparse
import contextlib
import fcntl
import hashlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import venv
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PINS = ROOT / "requirements" / "weave-server.txt"
STAMP = "pins.sha256"
READY_WITHIN_S = 120.0


class ServerFailed(RuntimeError):
    """The server's environment could not be made, or the server did not come up."""


def environment_folder() -> Path:
    """Where the server's environment is or will be."""
    chosen = os.environ.get("PATCHPILOT_WEAVE_SERVER_VENV")
    return Path(chosen) if chosen else ROOT / ".cache" / "weave-server-venv"


def install(folder: Path, pins: Path) -> None:
    """Make an environment and install pins into it."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    command = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]
    command += ["--require-hashes", "-r", pins]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServerFailed(f"cannot install {pins.name}: {done.stderr.strip()[-2000:]}")


def prepare(pins: Path = PINS, folder: Path | None = None) -> Path:
    """The Python of an environment of its own, which is made first where it is missing or stale.

    Args:
        pins: what is installed there.
        folder: where it is; the server's where None.

    Raises:
        ServerFailed: The pins cannot be installed.
    """
    folder = folder or environment_folder()
    folder.mkdir(parents=True, exist_ok=True)
    # Keeps the folder out of version control wherever it lies.
    (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    digest = hashlib.sha256(pins.read_bytes()).hexdigest()
    stamp = folder / STAMP
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.is_file() or stamp.read_text(encoding="utf-8") != digest:
            install(folder, pins)
            stamp.write_text(digest, encoding="utf-8")
    return folder / "bin" / "python"


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_ready(base_url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once the server answers."""
    give_up = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < give_up:
        if process.poll() is not None:
            last = log.read_text(errors="replace").strip()[-2000:]
            raise ServerFailed(f"the Weave server ended at once ({process.returncode}): {last}")
        try:
            urllib.request.urlopen(f"{base_url}/server_info", timeout=1).close()
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    raise ServerFailed(f"the Weave server was not ready within {READY_WITHIN_S:.0f} s")


@contextlib.contextmanager
def running_server() -> Iterator[str]:
    """Run the server on a free loopback port and yield its base URL.

    Raises:
        ServerFailed: The environment cannot be made or the server does not come up.
    """
    port = free_port()
    base_url = f"http://127.0.0.1:{port}"
    command = [prepare(), Path(__file__).with_name("server.py"), str(port)]
    log = environment_folder() / f"server-{port}.log"
    # A file, because a truncated stream, which tests ask for, leaves a traceback on stderr.
    with log.open("wb") as stderr:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=stderr)
    try:
        wait_until_ready(base_url, process, log)
        yield base_url
    finally:
        process.kill()
        process.wait()
        log.unlink()


def client_env(base_url: str, home: Path) -> dict[str, str]:
    """What a process needs in its environment for its Weave SDK to log to this server alone.

    ``home`` should be a fresh folder: the SDK keeps logs and reads credentials there.
    """
    return {
        "HOME": str(home),
        "WANDB_API_KEY": "loopback",
        "WANDB_BASE_URL": base_url,
        "WANDB_ERROR_REPORTING": "false",
        "WEAVE_PRINT_CALL_LINK": "false",
        # The SDK's cache outlives a server; with it a new server would never see old objects.
        "WEAVE_USE_SERVER_CACHE": "false",
        "WF_TRACE_SERVER_URL": base_url,
    }


def main() -> int:
    """Prepare the environment, or serve until interrupted and say how to log there."""
    parser = argparse.ArgumentParser(description="Run the Weave trace server on loopback.")
    parser.add_argument("--prepare", action="store_true", help="only make the environment")
    if parser.parse_args().prepare:
        print(prepare())
        return 0
    with running_server() as base_url, contextlib.suppress(KeyboardInterrupt):
        for name, value in client_env(base_url, Path.home()).items():
            print(f"export {name}={value}", flush=True)
        while True:
            time.sleep(3600)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ServerFailed as failure:
        sys.exit(f"weave server: {failure}")

"""An environment of its own for each peer, made at first use under ``.cache/peers``."""

import subprocess
import venv
from pathlib import Path

from benchmark.fresh import ROOT

PINS = {
    "pandas": ("pandas==3.1.1",),
    "polars": ("polars==2.1.0",),
    "weave": ("weave==0.54.0", "pandas==3.1.1"),
    "phoenix": ("arize-phoenix==20.26.1", "pandas==3.1.1"),
    "mlflow": ("mlflow==3.17.2", "pandas==3.1.1"),
}
"""Peer -> what is installed for it, by the installer's own settings."""

_STAMP = "pins.txt"


class NotInstalled(RuntimeError):
    """A peer's environment could not be made; the text is the installer's last word."""


def python_of(peer: str) -> Path:
    """Return the Python of a peer's environment, which is made first where it is missing or stale.

    Raises:
        NotInstalled: the pins cannot be installed.
    """
    folder = ROOT / ".cache" / "peers" / peer
    python, stamp, pins = folder / "bin" / "python", folder / _STAMP, "\n".join(PINS[peer])
    if stamp.is_file() and stamp.read_text("utf-8") == pins:
        return python
    venv.create(folder, with_pip=True, clear=True)
    done = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", *PINS[peer]],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise NotInstalled(said[-1] if said else f"pip ended with {done.returncode}")
    stamp.write_text(pins, encoding="utf-8")
    return python

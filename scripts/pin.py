"""Write requirements/run.txt, dev.txt and audit.txt anew from pyproject.toml.

Usage: python scripts/pin.py [--upgrade]

Versions already pinned are kept unless --upgrade is given. The files hold versions and the hashes
of every published file, for all platforms, and no address: where packages come from is the
installing machine's own setting. Needs `uv` on the path.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

PINS: dict[str, list[str]] = {
    "requirements/run.txt": ["pyproject.toml", "--group", "build"],
    # The run pins bind the dev pins, so that one environment serves both.
    "requirements/dev.txt": [
        "pyproject.toml",
        *("--constraint", "requirements/run.txt"),
        *("--extra", "weave"),
        *("--extra", "team"),
        *("--group", "build"),
        *("--group", "dev"),
        # chdb names it and works without; DuckDB would load it in every process of the tests.
        *("--no-emit-package", "pandas"),
    ],
    # In an environment of its own, so that what it needs does not bind ours.
    "requirements/audit.txt": ["--group", "audit"],
}

COMPILE = [
    *("uv", "pip", "compile"),
    *("--universal", "--python-version", "3.11", "--generate-hashes"),
    *("--no-header", "--no-annotate", "--quiet"),
]


def main() -> int:
    """Compile each pin file in order; the exit code is that of the first failure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions allowed")
    upgrade = ["--upgrade"] if parser.parse_args().upgrade else []
    if shutil.which("uv") is None:
        print("scripts/pin.py needs uv; install it with: pip install uv", file=sys.stderr)
        return 1
    for target, options in PINS.items():
        command = [*COMPILE, *options, *upgrade, "--output-file", target]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())

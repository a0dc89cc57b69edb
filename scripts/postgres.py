"""Find the PostgreSQL server that the tests of a team's store start.

Usage: python scripts/postgres.py    prints the folder of its programs; exit code 1 when there is none.
"""

import shutil
import sys
from pathlib import Path

DEBIAN = Path("/usr/lib/postgresql")
"""Where Debian and its kin keep the server's programs, which are on nobody's path."""


def find_postgres() -> Path | None:
    """The folder of initdb and pg_ctl: that on the path, else of Debian's newest."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda each: float(each.parts[-3]))
    return found[-1].parent if found else None


if __name__ == "__main__":
    folder = find_postgres()
    if folder is None:
        sys.exit(1)
    print(folder)

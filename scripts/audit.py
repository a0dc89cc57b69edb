"""Say which pinned packages have known vulnerabilities, and under which licences they come.

Usage: python scripts/audit.py

Vulnerabilities are looked up by pip-audit, in an environment of its own under ``.cache/audit-venv``, made
from the hashed pins of ``requirements/audit.txt``. A service that does not know an old package that
everybody knows to be vulnerable knows nothing: then it is said that nothing was looked up. Licences are read
from what is installed; how many pins are not is said. The exit code is 1 where a vulnerability is known or a
licence is not allowed.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from weave_server import launch

ROOT = Path(__file__).resolve().parent.parent
PINS = tuple(ROOT / "requirements" / f"{name}.txt" for name in ("run", "dev", "weave-server"))
OWN_PINS = ROOT / "requirements" / "audit.txt"

CONTROL = "jinja2==2.4.1"
"""A version that has had published vulnerabilities for years."""

NOT_LOOKED_UP = "vulnerabilities were not looked up: no service in reach"

ALLOWED = frozenset(
    {
        *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0"),
        *("MIT-CMU", "PSF-2.0", "Unlicense", "Zlib"),
        # Changes to their own files would have to be published; we use them as they are.
        "MPL-2.0",
    }
)
"""Licences that allow any use and ask for no more than their own text, by SPDX name."""

_NAMES = {
    "3-clause bsd license": "BSD-3-Clause",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd license": "BSD-3-Clause",
    "bsd": "BSD-3-Clause",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
}
"""What older packages call licences."""

BY_HAND = {
    "docutils": "public domain and BSD; the few GPL files are editor support that is not installed",
    "fickling": "LGPL-3.0, unchanged and loaded as a library; only the optional Weave SDK needs it",
    "pytest-timeout": "MIT; DFSG approved is Debian's word for the same",
}
"""Packages whose metadata do not fit, and why they may be used all the same."""

_PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)==(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Licence:
    """What one pinned package comes under."""

    package: str
    version: str
    licence: str
    """As its metadata say; empty where it is not installed here."""
    allowed: bool | None
    """None where it is not installed here: nothing was read."""
    note: str = ""


@dataclass(frozen=True)
class Lookup:
    """What was learned about vulnerabilities."""

    parsed: frozenset[str]
    """Packages that pip-audit read from the pins."""
    in_reach: bool
    found: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    """Packages that the service does not know, and why."""


def pins(file: Path) -> dict[str, str]:
    """Return name -> version of everything that a file pins."""
    return {_plain(name): version for name, version in _PIN.findall(file.read_text("utf-8"))}


def licences(pinned: Mapping[str, str]) -> list[Licence]:
    """Return the licence of every pinned package that is installed here, and those that are not."""
    installed = {_plain(each.metadata["Name"]): each for each in metadata.distributions()}
    found = []
    for package, version in sorted(pinned.items()):
        if (there := installed.get(package)) is None:
            found.append(
                Licence(package, version, "", None, "not installed here, licence not read")
            )
            continue
        said = stated(there.metadata)
        note = BY_HAND.get(package, "")
        found.append(Licence(package, version, said, bool(note) or is_allowed(said), note))
    return found


def stated(told: Any) -> str:  # noqa: ANN401 - importlib's own type differs between versions
    """Return what a package's metadata say of its licence, in one line."""
    classifiers = told.get_all("Classifier") or []
    named = [c.rpartition("::")[2].strip() for c in classifiers if c.startswith("License ::")]
    first = next(iter((told.get("License") or "").strip().splitlines()), "")
    return told.get("License-Expression") or " OR ".join(named) or first or "nothing"


def is_allowed(said: str) -> bool:
    """Say whether a licence, or each part of several, is one of those that are allowed.

    >>> is_allowed("MIT AND (Apache-2.0 OR BSD-3-Clause)"), is_allowed("MIT OR GPL-3.0-only")
    (True, False)
    """
    parts = [said] if said.lower() in _NAMES else re.split(r" (?:AND|OR|WITH) ", said)
    plain = [_NAMES.get(part.lower(), part.strip("() ")) for part in parts]
    return all(part in ALLOWED for part in plain)


def lookup(files: tuple[Path, ...] = PINS[1:]) -> Lookup:
    """Ask about every pin (those for tests hold all others), and about one that is known to be vulnerable."""
    python = launch.prepare(OWN_PINS, launch.ROOT / ".cache" / "audit-venv")
    with tempfile.TemporaryDirectory() as folder:
        control = Path(folder) / "control.txt"
        control.write_text(f"{CONTROL}\n", "utf-8")
        told = _ask(python, "--no-deps", "-r", str(control))
    in_reach = bool(told and any(each.get("vulns") for each in told))
    answers = [_ask(python, "--require-hashes", "-r", str(file)) for file in files]
    known = [each for answer in answers for each in answer or ()]
    return Lookup(
        parsed=frozenset(_plain(each["name"]) for each in known),
        in_reach=in_reach and None not in answers,
        found=tuple(
            f"{each['name']} {each['version']}: {fault['id']}"
            for each in known
            for fault in each.get("vulns", ())
        ),
        unknown=tuple(each["skip_reason"] for each in known if "skip_reason" in each),
    )


def _ask(python: Path, *arguments: str) -> list[dict[str, Any]] | None:
    """Return what pip-audit says of each package; None where it could not say anything."""
    command = [python, "-m", "pip_audit", "--disable-pip", "--format", "json"]
    options = ["--progress-spinner", "off", "--timeout", "5"]
    done = subprocess.run(
        [*command, *options, *arguments], capture_output=True, text=True, check=False
    )
    try:
        return json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return None


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> int:
    """Print both lists; 1 where something is wrong with one of them."""
    pinned = {name: version for file in PINS for name, version in pins(file).items()}
    listed = licences(pinned)
    for each in listed:
        mark = "  NOT ALLOWED" if each.allowed is False else ""
        print(f"{each.package} {each.version}: {each.licence or each.note}{mark}")
    refused = [each for each in listed if each.allowed is False]
    unread = sum(each.allowed is None for each in listed)
    print(f"licences: {len(listed) - unread} packages read, {len(refused)} not allowed")
    if unread:
        print(f"{unread} not installed here, licence not read")
    said = lookup()
    for fault in said.found:
        print(f"VULNERABLE {fault}")
    if said.in_reach:
        print(f"vulnerabilities: {len(said.found)} found, {len(said.unknown)} packages unknown")
    else:
        print(f"{NOT_LOOKED_UP} ({len(said.parsed)} packages read)")
    return 1 if refused or said.found else 0


if __name__ == "__main__":
    sys.exit(main())

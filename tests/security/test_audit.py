"""Nothing that is installed is known to be vulnerable, and nothing comes under a licence that binds us."""

import re
from pathlib import Path

import audit
import pytest


@pytest.fixture(scope="module")
def said() -> audit.Lookup:
    return audit.lookup()


def test_every_licence_is_allowed_or_explained():
    pinned = {name: version for file in audit.PINS for name, version in audit.pins(file).items()}
    listed = audit.licences(pinned)
    assert [each for each in listed if each.allowed is False] == []
    assert {each.package for each in listed} == set(pinned)
    run = set(audit.pins(audit.PINS[0])) - _conditional(audit.PINS[0])
    assert {each.package for each in listed if each.licence} >= run


def test_a_package_that_is_not_installed_is_not_said_to_be_allowed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    pinned = {"pytest": "9.9", "no-such-package": "1.0"}
    assert [each.allowed for each in audit.licences(pinned)] == [None, True]
    monkeypatch.setattr(audit, "PINS", (Path("run.txt"),))
    monkeypatch.setattr(audit, "pins", lambda _: pinned)
    monkeypatch.setattr(audit, "lookup", lambda: audit.Lookup(frozenset(), in_reach=False))
    assert audit.main() == 0
    told = capsys.readouterr().out.splitlines()
    assert "licences: 1 packages read, 0 not allowed" in told
    assert "1 not installed here, licence not read" in told


@pytest.mark.parametrize("name", sorted(audit.BY_HAND))
def test_every_exception_is_about_a_package_that_is_pinned(name: str):
    assert any(name in audit.pins(file) for file in audit.PINS)


@pytest.mark.parametrize(
    "said", ["GPL-3.0-only", "AGPL-3.0 OR SSPL", "MIT AND GPL-2.0-only", "nothing", "Proprietary"]
)
def test_other_licences_are_refused(said: str):
    assert not audit.is_allowed(said)


def test_every_pin_is_read(said: audit.Lookup):
    pinned = {name for file in audit.PINS for name in audit.pins(file)}
    conditional = {name for file in audit.PINS for name in _conditional(file)}
    assert pinned - conditional <= said.parsed <= pinned


def test_no_pin_is_known_to_be_vulnerable(said: audit.Lookup):
    if not said.in_reach:
        pytest.skip("no service that knows vulnerabilities answers here")
    assert said.found == ()


def test_a_service_that_knows_nothing_is_not_taken_for_good_news(
    said: audit.Lookup, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    deaf = audit.Lookup(parsed=said.parsed, in_reach=False)
    monkeypatch.setattr(audit, "lookup", lambda: deaf)
    assert audit.main() == 0
    assert audit.NOT_LOOKED_UP in capsys.readouterr().out


def _conditional(file: Path) -> set[str]:
    """Packages that only other systems or versions of Python need."""
    lines = re.sub(r"\\\n", "", file.read_text("utf-8")).splitlines()
    return {line.partition("==")[0] for line in lines if ";" in line.partition("--hash")[0]}

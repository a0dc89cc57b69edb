"""Test reports in JUnit's XML. Read by hand: no document type, thus no entities, is let in."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

from analytics.sources.rows import UnusableError
from analytics.sources.values import count, moment
from analytics.verdicts import SUITE_PROPERTIES, Clue, Saying
from analytics.verdicts.account import Account, evidence, named

if TYPE_CHECKING:
    from datetime import datetime

_DEEPEST = 100
_BAD = ("failure", "error", "rerunFailure")


@dataclass
class _Suite:
    """One suite of tests that is being read."""

    line: int
    name: str
    at: "datetime | None"
    stated: tuple[int | None, ...]
    """Tests, failures, errors and tests not run, as the suite itself says."""
    about: Clue | None = None
    tests: int = 0
    bad: int = 0
    skipped: int = 0
    inner: "list[_Suite]" = field(default_factory=list)

    def counts(self) -> tuple[int, int, int]:
        """Return tests, failures and tests not run, those of its inner suites among them."""
        own = self.tests, self.bad, self.skipped
        if not self.tests and not self.inner:
            tests, failures, errors, skipped = (each or 0 for each in self.stated)
            own = tests, failures + errors, skipped
        parts = [own, *(each.counts() for each in self.inner)]
        return (sum(p[0] for p in parts), sum(p[1] for p in parts), sum(p[2] for p in parts))


class _Reader:
    """Hears what the parser finds."""

    def __init__(self, parser: expat.XMLParserType) -> None:
        self.top: list[_Suite] = []
        self._parser = parser
        self._open: list[_Suite] = []
        self._depth = 0
        self._in_test = ""
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._doctype

    def _doctype(self, *_: object) -> None:
        raise UnusableError("it declares a document type, which could hold anything")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise UnusableError("nested too deeply")
        if self._depth == 1 and tag not in ("testsuites", "testsuite"):
            raise UnusableError(f"it is XML, and no test report (<{tag[:40]}>)")
        if tag in ("testsuites", "testsuite"):
            suite = _Suite(
                line=self._parser.CurrentLineNumber,
                name=attributes.get("name", ""),
                at=moment(attributes.get("timestamp")),
                stated=tuple(
                    count(attributes.get(name))
                    for name in ("tests", "failures", "errors", "skipped")
                ),
            )
            (self._open[-1].inner if self._open else self.top).append(suite)
            self._open.append(suite)
        elif tag == "testcase":
            self._in_test = "passed"
        elif self._in_test and (tag in _BAD or tag == "skipped"):
            self._in_test = "skipped" if tag == "skipped" and self._in_test == "passed" else "bad"
        elif tag == "property" and not self._in_test and self._open:
            told = attributes.get("name", "").strip().lower()
            if told in SUITE_PROPERTIES and attributes.get("value", "").strip():
                self._open[-1].about = Clue(
                    text=named(attributes["value"]), names=SUITE_PROPERTIES[told]
                )

    def _end(self, tag: str) -> None:
        self._depth -= 1
        if tag in ("testsuites", "testsuite"):
            self._open.pop()
        elif tag == "testcase":
            suite = self._open[-1]
            suite.tests += 1
            suite.bad += self._in_test == "bad"
            suite.skipped += self._in_test == "skipped"
            self._in_test = ""


def of_report(raw: bytes, out: Account) -> None:
    """Read a test report: one saying for each suite whose property or name tells what it tested."""
    # What says it is UTF-16 may have been made UTF-8 on the way here.
    try:
        raw.decode("utf-8")
        parser = expat.ParserCreate("utf-8")
    except UnicodeDecodeError:
        parser = expat.ParserCreate()
    reader = _Reader(parser)
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as fault:
        out.reject(fault.lineno, f"not XML ({expat.ErrorString(fault.code)})")
        return
    except UnusableError as fault:
        out.reject(parser.CurrentLineNumber, str(fault), raw[:200].decode("utf-8", "replace"))
        return
    for suite in reader.top:
        _say(suite, out)


def _say(suite: _Suite, out: Account) -> None:
    """Say of a suite, or of each within it, what it tested: by its property, else by its name."""
    if suite.about is None and suite.inner:
        for each in suite.inner:
            _say(each, out)
        return
    try:
        about = suite.about or Clue(text=named(suite.name))
    except UnusableError:
        out.reject(suite.line, "the suite has neither a name nor a property run_id or task")
        return
    tests, bad, skipped = suite.counts()
    ran = tests - skipped
    out.say(
        Saying(
            clues=(about,),
            kind="tests",
            passed=None if ran <= 0 else bad == 0,
            line=suite.line,
            part=suite.name,
            found_at=suite.at,
            evidence=evidence(
                f"{max(ran - bad, 0)} of {max(ran, 0)} tests passed",
                skipped and f"({skipped} skipped)",
            ),
        )
    )

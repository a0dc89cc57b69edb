"""Run the shop's tests inside a scratch copy and print what happened as one line of JSON.

A program of its own, never imported: ``suite.py`` starts it in the copy's folder with the standard
library alone. Its argument is JSON: ``seed`` (order of the tests, or null), ``only`` (test ids, or
null for all), ``coverage`` (whether to say which lines each test ran).
"""

import importlib
import json
import random
import signal
import sys
import unittest
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

HERE = Path.cwd()
SECONDS_PER_TEST = 2.0
DATA = (".html", ".js")


class TestTooSlow(Exception):
    """A test used more computing time than any honest test needs."""


def inside(file: str) -> str | None:
    """The name of a file relative to the copy, or None for a file elsewhere."""
    path = Path(file)
    return path.relative_to(HERE).as_posix() if path.is_relative_to(HERE) else None


def stop(_number: int, _frame: FrameType | None) -> None:
    """End a test that hangs."""
    raise TestTooSlow(f"more than {SECONDS_PER_TEST:g} s")


class Lines:
    """The lines that a test ran and the templates and scripts that it read."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self.seen = set[tuple[str, int]]()
        self._names: dict[str, str | None] = {}
        sys.addaudithook(self.on_event)

    def on_event(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note files that are opened."""
        if event == "open" and str(arguments[0]).endswith(DATA):
            name = inside(str(arguments[0]))
            if name:
                self.seen.add((name, 0))

    def on_call(self, frame: FrameType, _event: str, _value: object) -> Any:  # noqa: ANN401
        """Follow functions of the copy only."""
        file = frame.f_code.co_filename
        if file not in self._names:
            self._names[file] = inside(file)
        return self.on_line if self._names[file] else None

    def on_line(self, frame: FrameType, event: str, _value: object) -> Any:  # noqa: ANN401
        """Note a line."""
        name = self._names[frame.f_code.co_filename]
        if event == "line" and name:
            self.seen.add((name, frame.f_lineno))
        return self.on_line


class Result(unittest.TestResult):
    """Collects one record per test."""

    def __init__(self, lines: Lines | None) -> None:
        """Note lines only where asked to."""
        super().__init__()
        self.lines = lines
        self.records: list[dict[str, Any]] = []

    def startTest(self, test: unittest.TestCase) -> None:
        """Open the test's record."""
        super().startTest(test)
        self.records.append({"test_id": short(test), "passed": True})
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS_PER_TEST)
        if self.lines:
            self.lines.seen = set()
            sys.settrace(self.lines.on_call)

    def stopTest(self, test: unittest.TestCase) -> None:
        """Close the test's record."""
        sys.settrace(None)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        if self.lines:
            self.records[-1]["covered"] = sorted(self.lines.seen)
        super().stopTest(test)

    def addFailure(self, test: Any, err: Any) -> None:  # noqa: ANN401 - unittest's signature
        """Note a failed assertion."""
        self.note(test, err)

    def addError(self, test: Any, err: Any) -> None:  # noqa: ANN401 - unittest's signature
        """Note an exception."""
        self.note(test, err)

    def note(self, test: Any, err: Any) -> None:  # noqa: ANN401 - unittest's signature
        """Write what went wrong into the record; a failed class set-up makes one of its own."""
        if not self.records or self.records[-1]["test_id"] != short(test):
            self.records.append({"test_id": short(test)})
        self.records[-1].update(passed=False, **described(err[1]))


def described(error: BaseException) -> dict[str, Any]:
    """An exception as plain values: type, first line of the text, frames of the copy."""
    text = str(error).strip().splitlines()
    return {
        "error_type": type(error).__name__,
        "message": text[0][:240] if text else "",
        "frames": frames(error.__traceback__),
    }


def frames(traceback: TracebackType | None) -> list[dict[str, Any]]:
    """The frames inside the copy, outermost first."""
    found: list[dict[str, Any]] = []
    while traceback:
        code = traceback.tb_frame.f_code
        name = inside(code.co_filename)
        if name:
            found.append({"file": name, "line": traceback.tb_lineno, "function": code.co_name})
        traceback = traceback.tb_next
    return found


def short(test: unittest.TestCase) -> str:
    """A test's id without the packages."""
    return test.id().removeprefix("selfheal.shop.tests.")


def load(records: list[dict[str, Any]]) -> list[unittest.TestCase]:
    """All tests in the order of their ids; a module that cannot be imported is a failed record."""
    loader = unittest.TestLoader()
    tests: list[unittest.TestCase] = []
    for file in sorted((HERE / "shop" / "tests").glob("test_*.py")):
        try:
            module = importlib.import_module(f"selfheal.shop.tests.{file.stem}")
        except Exception as error:  # noqa: BLE001 - a bad patch may raise anything at import
            records.append({"test_id": file.stem, "passed": False, **described(error)})
            continue
        for cases in loader.loadTestsFromModule(module):
            tests += [each for each in cases if isinstance(each, unittest.TestCase)]  # pyright: ignore
    return sorted(tests, key=short)


def main() -> None:
    """Run and print."""
    wanted = json.loads(sys.argv[1])
    signal.signal(signal.SIGVTALRM, stop)
    records: list[dict[str, Any]] = []
    tests = load(records)
    if wanted["only"] is not None:
        tests = [each for each in tests if short(each) in wanted["only"]]
    if wanted["seed"] is not None:
        random.Random(wanted["seed"]).shuffle(tests)
    result = Result(Lines() if wanted["coverage"] else None)
    unittest.TestSuite(tests).run(result)
    json.dump(records + result.records, sys.stdout)


if __name__ == "__main__":
    main()
